//! Query strings and form bodies (`application/x-www-form-urlencoded`), decoded strictly.
//!
//! RFC 6749 §3.1: parameters without a value are treated as omitted, and none may be sent twice. Which of two equal
//! parameters counts is therefore never decided here: a repeated one has no value, only the fact that it was repeated.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{Code, OAuthError};

/// The parameters of one request, in the order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

/// The text is no list of parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParams {
    /// A name or value is not UTF-8 after decoding; it could not be given back byte for byte.
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    /// More parameters than any request has.
    #[error("too many parameters")]
    TooMany,
}

/// One look at a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param<'a> {
    /// Not sent, or sent without a value.
    Absent,
    /// Sent once.
    Once(&'a str),
    /// Sent more than once.
    Repeated,
}

const MAX_PARAMS: usize = 64;

impl Params {
    /// Decodes `a=1&b=2`; `+` is a blank.
    ///
    /// # Errors
    /// [`BadParams`] when a part is not UTF-8 or there are more than 64 of them.
    pub fn parse(text: &str) -> Result<Self, BadParams> {
        let mut pairs = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            if pairs.len() == MAX_PARAMS {
                return Err(BadParams::TooMany);
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self { pairs })
    }

    /// What was sent under that name.
    pub fn get(&self, name: &str) -> Param<'_> {
        let mut sent = self.pairs.iter().filter(|(n, _)| n == name);
        match (sent.next(), sent.next()) {
            (None, _) => Param::Absent,
            (Some(_), Some(_)) => Param::Repeated,
            (Some((_, value)), None) if value.is_empty() => Param::Absent,
            (Some((_, value)), None) => Param::Once(value),
        }
    }

    /// The value of a parameter that was sent exactly once with a value.
    pub fn once(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Param::Once(value) => Some(value),
            Param::Absent | Param::Repeated => None,
        }
    }

    /// Refuses a request in which one of `names` was sent more than once (RFC 6749 §3.2).
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn each_at_most_once(&self, names: &[&str]) -> Result<(), OAuthError> {
        match self.first_repeated(names) {
            Some(name) => Err(OAuthError::new(Code::InvalidRequest, format!("{name} was sent more than once."))),
            None => Ok(()),
        }
    }

    /// The same without what was sent under that name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(sent, _)| sent != name);
        self
    }

    /// The same with this value under that name, and no other.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut this = self.without(name);
        this.pairs.push((name.to_owned(), value.to_owned()));
        this
    }

    /// The first of `names` that was sent more than once.
    pub fn first_repeated<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.get(name) == Param::Repeated)
    }
}

fn decode(part: &str) -> Result<String, BadParams> {
    let blanks = part.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8().map(|text| text.into_owned()).map_err(|_| BadParams::NotUtf8)
}

/// Everything but the unreserved characters of RFC 3986 §2.3; a blank becomes `%20`, which every client decodes alike.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Adds parameters to a redirect URI, keeping the query it has (RFC 6749 §3.1.2).
pub fn append_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(uri.len() + 160);
    out.push_str(uri);
    let mut separator = match uri.find('?') {
        None => "?",
        Some(at) if at + 1 == uri.len() || uri.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in pairs {
        out.push_str(separator);
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, VALUE));
        separator = "&";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn az02_empty_is_absent_and_twice_is_repeated() {
        let params = Params::parse("a=1&b=&c=x&c=y&d&a%62=2").expect("sound");
        assert_eq!(params.get("a"), Param::Once("1"));
        assert_eq!(params.get("b"), Param::Absent);
        assert_eq!(params.get("c"), Param::Repeated);
        assert_eq!(params.get("d"), Param::Absent);
        assert_eq!(params.get("ab"), Param::Once("2"));
        assert_eq!(params.first_repeated(&["a", "c"]), Some("c"));
    }

    #[test]
    fn az11_an_existing_query_is_kept() {
        assert_eq!(append_query("http://127.0.0.1:1/cb", &[("a", "b c")]), "http://127.0.0.1:1/cb?a=b%20c");
        assert_eq!(append_query("http://127.0.0.1:1/cb?x=1", &[("a", "+/=")]), "http://127.0.0.1:1/cb?x=1&a=%2B%2F%3D");
        assert_eq!(append_query("http://127.0.0.1:1/cb?", &[("a", "b")]), "http://127.0.0.1:1/cb?a=b");
    }

    proptest! {
        #[test]
        fn az11_a_state_survives_the_round_trip(state in "\\PC{1,60}|[+/=&?%#-]{1,20}") {
            let query = append_query("", &[("state", &state)]);
            let back = Params::parse(query.trim_start_matches('?')).expect("sound");
            prop_assert_eq!(back.once("state"), Some(state.as_str()));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,300}|[%&=+a-f0-9]{0,300}") {
            let _ = Params::parse(&text);
        }
    }
}
