//! A URI, taken apart.

use super::escape::{Part, escape, unescape};
use crate::builtins::BuiltinError;
use std::net::Ipv6Addr;

/// The parts of a URI, unescaped where Go unescapes them.
#[derive(Debug, Default)]
pub struct Uri {
    pub scheme: String,
    /// Host and port.
    pub host: Vec<u8>,
    pub path: Vec<u8>,
    /// The path as it was written, where escaping `path` would not give it back.
    pub raw_path: Option<Vec<u8>>,
    pub raw_query: String,
    pub fragment: Vec<u8>,
}

impl Uri {
    /// Takes a URI or a relative reference apart.
    pub fn parse(text: &str) -> Result<Self, BuiltinError> {
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut uri = Self::without_fragment(text)?;
        uri.fragment = unescape(fragment, Part::Fragment)?;
        Ok(uri)
    }

    fn without_fragment(text: &str) -> Result<Self, BuiltinError> {
        let mut uri = Self::default();
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(invalid("invalid control character"));
        }
        if text == "*" {
            uri.path = b"*".to_vec();
            return Ok(uri);
        }
        let (scheme, rest) = split_scheme(text)?;
        uri.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        query.clone_into(&mut uri.raw_query);
        if !rest.starts_with('/') {
            if !uri.scheme.is_empty() {
                // Opaque, as `mailto:me`: no path.
                return Ok(uri);
            }
            let segment = rest.split('/').next().unwrap_or_default();
            if segment.contains(':') {
                return Err(invalid("first path segment cannot contain colon"));
            }
        }
        if let Some(authority) = rest.strip_prefix("//")
            && (!uri.scheme.is_empty() || !rest.starts_with("///"))
        {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at_checked(end).unwrap_or((authority, ""));
            uri.host = parse_authority(&uri.scheme, authority)?;
            rest = path;
        }
        uri.path = unescape(rest, Part::Path)?;
        if escape(&uri.path, Part::Path) != rest {
            uri.raw_path = Some(rest.as_bytes().to_vec());
        }
        Ok(uri)
    }

    /// The host without its brackets, and the port.
    pub fn hostname_and_port(&self) -> (&[u8], &[u8]) {
        let mut host = self.host.as_slice();
        let mut port: &[u8] = b"";
        if let Some(colon) = host.iter().rposition(|&byte| byte == b':')
            && let Some((before, after)) = host.split_at_checked(colon)
            && is_optional_port(after)
        {
            host = before;
            port = after.get(1..).unwrap_or_default();
        }
        if let Some(inner) = host
            .strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"))
        {
            host = inner;
        }
        (host, port)
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), BuiltinError> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(invalid("missing protocol scheme")),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

/// The host and port of an authority.
fn parse_authority(scheme: &str, authority: &str) -> Result<Vec<u8>, BuiltinError> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return parse_host(scheme, authority);
    };
    let host = parse_host(scheme, host)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(fits) {
        return Err(invalid("invalid userinfo"));
    }
    unescape(user, Part::UserPassword)?;
    Ok(host)
}

fn parse_host(scheme: &str, host: &str) -> Result<Vec<u8>, BuiltinError> {
    match host.rfind('[') {
        Some(0) => return parse_ip_literal(host),
        Some(_) => return Err(invalid("invalid IP-literal")),
        None => {}
    }
    if let Some(first) = host.find(':') {
        // Only `http` and `https` are read strictly: others are known to list several hosts.
        let strict = matches!(scheme, "http" | "https");
        let colon = if strict {
            first
        } else {
            host.rfind(':').unwrap_or(first)
        };
        if !is_optional_port(host.as_bytes().get(colon..).unwrap_or_default()) {
            return Err(invalid("invalid port after host"));
        }
    }
    unescape(host, Part::Host)
}

/// `[fe80::1%25en0]:80`.
fn parse_ip_literal(host: &str) -> Result<Vec<u8>, BuiltinError> {
    let (inner, port) = host
        .get(1..)
        .and_then(|host| host.rsplit_once(']'))
        .ok_or_else(|| invalid("missing ']' in host"))?;
    if !is_optional_port(port.as_bytes()) {
        return Err(invalid("invalid port after host"));
    }
    let (address, zone) = inner
        .split_at_checked(inner.find("%25").unwrap_or(inner.len()))
        .unwrap_or((inner, ""));
    let mut literal = unescape(address, Part::Host)?;
    literal.extend(unescape(zone, Part::Zone)?);
    let text = std::str::from_utf8(&literal).map_err(|_| invalid("invalid host"))?;
    let (address, zone) = text
        .split_once('%')
        .map_or((text, None), |(address, zone)| (address, Some(zone)));
    if zone == Some("") || address.parse::<Ipv6Addr>().is_err() {
        return Err(invalid("invalid host"));
    }
    let mut out = vec![b'['];
    out.extend(literal);
    out.push(b']');
    out.extend(port.as_bytes());
    Ok(out)
}

/// Whether this is empty or a colon with digits, if any, behind it.
fn is_optional_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn invalid(what: &str) -> BuiltinError {
    BuiltinError::Failed(format!("not a URI: {what}"))
}
