//! A file's bytes as text.

use sark_policy_rego::{Code, Problem};

/// Whether a byte order mark may open a file. OPA skips it in Rego and YAML, and refuses it in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Skipped,
    Refused,
}

/// The file's text.
pub(crate) fn text(path: &str, bytes: Vec<u8>, mark: Mark, code: Code) -> Result<String, Problem> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (row, column) = place(error.as_bytes().get(..valid).unwrap_or_default());
        Problem::new(code, "the file is not UTF-8", "save the file as UTF-8").at(path, row, column)
    })?;
    if text.starts_with('\u{feff}') {
        if mark == Mark::Refused {
            let message = "the file begins with a byte order mark, which JSON does not allow";
            return Err(
                Problem::new(code, message, "save the file as UTF-8 without it").at(path, 1, 1),
            );
        }
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// Row and column, both from 1, of what follows these bytes.
fn place(before: &[u8]) -> (u32, u32) {
    let is_end = |byte: &u8| *byte == b'\n';
    let row = before.split(is_end).count();
    let column = before.rsplit(is_end).next().map_or(0, <[u8]>::len) + 1;
    let small = |n| u32::try_from(n).unwrap_or(u32::MAX);
    (small(row), small(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], mark: Mark) -> Result<String, Problem> {
        text("a/b", bytes.to_vec(), mark, Code::BundleData)
    }

    #[test]
    fn a_byte_order_mark_is_skipped_or_refused() {
        assert_eq!(read(b"\xef\xbb\xbfab", Mark::Skipped), Ok("ab".into()));
        let problem = read(b"\xef\xbb\xbfab", Mark::Refused).unwrap_err();
        assert_eq!((problem.place.row, problem.place.column), (1, 1));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_by_place() {
        let problem = read(b"ab\ncd\xff", Mark::Skipped).unwrap_err();
        assert_eq!(problem.code, Code::BundleData);
        assert_eq!(problem.place.file, "a/b");
        assert_eq!((problem.place.row, problem.place.column), (2, 3));
    }
}
