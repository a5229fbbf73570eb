//! Scanning of texts in quotes and backticks.

use super::scanner::Scanner;
use super::token::Token;
use super::token_fault::TokenFault;

impl Scanner<'_> {
    pub(super) fn string(&mut self) {
        loop {
            match self.current {
                None | Some('\n') => return self.wrong(TokenFault::OpenString),
                Some('"') => return self.next(),
                Some('\\') => {
                    self.next();
                    self.escape(false);
                }
                Some(_) => self.next(),
            }
        }
    }

    /// What follows a backslash. Whether `\u` is followed by digits is found when the text is made of it.
    fn escape(&mut self, in_template: bool) {
        match self.current {
            Some('\\' | '"' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.next(),
            Some('{') if in_template => self.next(),
            Some('u') => {
                for _ in 0..4 {
                    self.next();
                }
            }
            _ => self.wrong(TokenFault::Escape),
        }
    }

    pub(super) fn raw_string(&mut self) {
        self.skip_while(|char| char != '`');
        if !self.next_if('`') {
            self.wrong(TokenFault::OpenString);
        }
    }

    pub(super) fn template(&mut self) -> Token {
        loop {
            match self.current {
                None | Some('\n') => {
                    self.wrong(TokenFault::OpenString);
                    return Token::TemplatePart;
                }
                Some('"') => {
                    self.next();
                    return Token::TemplateEnd;
                }
                Some('{') => {
                    self.next();
                    return Token::TemplatePart;
                }
                Some('\\') => {
                    self.next();
                    self.escape(true);
                }
                Some(_) => self.next(),
            }
        }
    }

    pub(super) fn raw_template(&mut self) -> Token {
        loop {
            match self.current {
                None => {
                    self.wrong(TokenFault::OpenString);
                    return Token::RawTemplatePart;
                }
                Some('`') => {
                    self.next();
                    return Token::RawTemplateEnd;
                }
                Some('{') => {
                    self.next();
                    return Token::RawTemplatePart;
                }
                Some('\\') => {
                    self.next();
                    self.next_if('{');
                }
                Some(_) => self.next(),
            }
        }
    }
}
