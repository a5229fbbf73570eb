//! Formats of texts: `date`, `email`, `uri` and the others gojsonschema knows.

use std::net::IpAddr;

use super::rules::Fault;
use crate::builtins::regex::pattern::Pattern;
use crate::builtins::time::fits_layout;
use crate::builtins::uri::Parsed;

/// Whether a text has a format. What nobody knows every text has.
pub fn has_format(text: &str, format: &str) -> Result<bool, Fault> {
    let matches = |pattern: &str| {
        let pattern = Pattern::of(pattern)
            .map_err(|_| Fault::Beyond("a pattern cannot be compiled".into()))?;
        Ok(pattern.is_match(text))
    };
    let fits_any = |layouts: &[&str]| layouts.iter().any(|layout| fits_layout(layout, text));
    Ok(match format {
        "date" => fits_any(&["2006-01-02"]),
        "time" => fits_any(&["15:04:05Z07:00", "15:04:05"]),
        "date-time" => fits_any(&[
            "15:04:05",
            "15:04:05Z07:00",
            "2006-01-02",
            "2006-01-02T15:04:05Z07:00",
        ]),
        "hostname" => text.len() < 256 && matches(HOSTNAME)?,
        "email" | "idn-email" => is_email(text)?,
        "ipv4" => text.contains('.') && text.parse::<IpAddr>().is_ok(),
        "ipv6" => text.contains(':') && text.parse::<IpAddr>().is_ok(),
        "uri" | "iri" => {
            !text.contains('\\') && Parsed::new(text).is_some_and(|uri| uri.has_scheme())
        }
        "uri-reference" | "iri-reference" => !text.contains('\\') && Parsed::new(text).is_some(),
        "uri-template" => match Parsed::new(text).filter(|_| !text.contains('\\')) {
            Some(uri) => {
                let pattern = Pattern::of("^([^{]*({[^}]*})?)*$");
                pattern.is_ok_and(|pattern| pattern.is_match(&uri.path()))
            }
            None => false,
        },
        "uuid" => matches("^(?i)[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$")?,
        "regex" => text.is_empty() || Pattern::of(text).is_ok(),
        "json-pointer" => matches("^(?:/(?:[^~/]|~0|~1)*)*$")?,
        "relative-json-pointer" => matches("^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$")?,
        _ => true,
    })
}

const HOSTNAME: &str = r"^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9]))*$";

/// `name@host`, with spaces around the host. What else an address may be (a name before `<…>`, quotes, comments,
/// groups) we do not judge.
fn is_email(text: &str) -> Result<bool, Fault> {
    const SPACE: [char; 2] = [' ', '\t'];
    let Some((name, host)) = text.split_once('@') else {
        return Ok(false);
    };
    if text.contains(['<', '"', '(', '[']) || text.contains(':') && text.contains(';') {
        return Err(Fault::Beyond(
            "an e-mail address of more than name and host cannot be checked".into(),
        ));
    }
    let is_atom = |text: &str| {
        let is_visible =
            |c: char| ('!'..='~').contains(&c) && !")>]:;@\\,".contains(c) || !c.is_ascii();
        !text.is_empty()
            && text.chars().all(is_visible)
            && !text.starts_with('.')
            && !text.ends_with('.')
            && !text.contains("..")
    };
    Ok(is_atom(name.trim_start_matches(SPACE)) && is_atom(host.trim_matches(SPACE)))
}
