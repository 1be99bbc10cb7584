//! Who may speak to us at all (security B1, B2, T-A1; D-1 compensating rules).
//!
//! Being on loopback proves nothing: a web page reaches it through the browser, and so does every user of the computer.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use doorward_oauth::issuer::LoopbackName;

use super::{App, ConnectionUser};
use crate::{
    peers::{Account, User},
    refusal::Refusal,
};

/// Which of our names the client used.
#[derive(Debug, Clone, Copy)]
pub struct LoopbackHost(pub LoopbackName);

/// Whether a connection of that user is served. What comes out of a container may be of root's relay.
const fn may_come(user: &User, allow_containers: bool) -> Result<(), Refusal> {
    match user {
        User::Same => Ok(()),
        User::Other(Account::System) if allow_containers => Ok(()),
        User::Other(Account::System) => Err(Refusal::RootRelay),
        User::Other(Account::Named(_) | Account::Hidden) | User::CannotTell => Err(Refusal::OtherUser),
    }
}

/// Checks what must hold for every request on every path.
pub(super) fn check(app: &App, request: &Request) -> Result<LoopbackName, Refusal> {
    let user = request.extensions().get::<ConnectionUser>().map_or(&User::CannotTell, |ConnectionUser(user)| user);
    may_come(user, app.broker.config().allow_containers)?;
    let host = host(request, &app.names)?;
    let navigates_here = is_navigated_to(request.uri().path());
    // Programs that are no web pages send no origin.
    if request.headers().contains_key(header::ORIGIN) {
        let allowed = !navigates_here && allowed_origin(request.headers(), &app.broker.config().allowed_origins).is_some();
        return if allowed { Ok(host) } else { Err(Refusal::ForeignOrigin) };
    }
    if navigates_here {
        navigation(request.headers())?
    } else {
        no_foreign_page(request.headers())?
    }
    Ok(host)
}

/// The addresses that a person's browser opens as pages of their own. No page of any origin may fetch them (AZ-01).
pub(super) fn is_navigated_to(path: &str) -> bool {
    path.contains("/authorize")
}

/// The origin of a request, if it is on the list that the user keeps.
pub(super) fn allowed_origin<'l>(headers: &HeaderMap, list: &'l [String]) -> Option<&'l str> {
    let sent = single(headers, "origin")?;
    list.iter().find(|allowed| *allowed == sent).map(String::as_str)
}

/// Exactly one Host header, naming loopback and our port; an absolute target must say the same.
fn host(request: &Request, names: &Names) -> Result<LoopbackName, Refusal> {
    let mut sent = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (sent.next(), sent.next()) else { return Err(Refusal::NoHost) };
    let named = host.to_str().ok().and_then(|host| names.find(host)).ok_or(Refusal::ForeignHost)?;
    match request.uri().authority() {
        None => Ok(named),
        Some(target) if names.find(target.as_str()) == Some(named) => Ok(named),
        Some(_) => Err(Refusal::ForeignHost),
    }
}

/// The names we answer to: `127.0.0.1:P`, `localhost:P` and `[::1]:P`, compared whole after lower-casing. Without a port it is
/// port 80.
pub(super) struct Names(Vec<(String, LoopbackName)>);

impl Names {
    pub(super) fn on_port(port: u16) -> Self {
        let with_port = LoopbackName::ALL.map(|name| (format!("{}:{port}", name.as_str()), name));
        let without = LoopbackName::ALL.map(|name| (name.as_str().to_owned(), name));
        Self(with_port.into_iter().chain(without.into_iter().filter(|_| port == 80)).collect())
    }

    fn find(&self, text: &str) -> Option<LoopbackName> {
        self.0.iter().find(|(ours, _)| ours.eq_ignore_ascii_case(text)).map(|(_, name)| *name)
    }
}

/// Browsers say how a request came about. A plain navigation of a tab may ask; a frame, an image, a script or a prefetch
/// never does. A client that is no browser says nothing, or, like Node's `fetch`, only a mode: browsers always name the
/// site and the destination too, and no page can leave them out.
fn navigation(headers: &HeaderMap) -> Result<(), Refusal> {
    let prefetch = ["sec-purpose", "purpose", "x-moz"].into_iter().any(|name| headers.contains_key(name));
    let mode = single(headers, "sec-fetch-mode");
    let dest = single(headers, "sec-fetch-dest");
    let no_browser = dest.is_none() && single(headers, "sec-fetch-site").is_none() && mode != Some("navigate");
    let navigation = mode == Some("navigate") && dest == Some("document");
    if !prefetch && (no_browser || navigation) { Ok(()) } else { Err(Refusal::NotANavigation) }
}

/// Everywhere else a browser has no business, unless a person typed the address.
fn no_foreign_page(headers: &HeaderMap) -> Result<(), Refusal> {
    match single(headers, "sec-fetch-site") {
        None | Some("none" | "same-origin") => Ok(()),
        Some(_) => Err(Refusal::ForeignOrigin),
    }
}

/// A header's value; one that was sent twice or is no text counts as present and unknown.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().unwrap_or("?")),
        (Some(_), Some(_)) => Some("?"),
    }
}

/// Whether a browser fetches a page that a person will see.
pub(super) fn is_browser(headers: &HeaderMap) -> bool {
    single(headers, "sec-fetch-mode") == Some("navigate")
}

/// Whether a person's own click or key led here (`Sec-Fetch-User`).
pub(super) fn is_user_activated(headers: &HeaderMap) -> bool {
    single(headers, "sec-fetch-user") == Some("?1")
}

#[cfg(test)]
mod tests {
    use doorward_words::Said;

    use super::*;

    #[test]
    fn t_a1_only_the_own_user_comes_in_and_roots_relays_where_a_person_wants_them() {
        assert!(may_come(&User::Same, false).is_ok());
        let system = User::Other(Account::System);
        assert!(matches!(may_come(&system, false), Err(Refusal::RootRelay)) && may_come(&system, true).is_ok());
        for user in [User::Other(Account::Named(Said::verbatim("user id 1001"))), User::Other(Account::Hidden), User::CannotTell] {
            assert!(matches!(may_come(&user, true), Err(Refusal::OtherUser)), "{user:?}");
        }
    }

    #[test]
    fn sec_b1_only_our_three_names_with_our_port_are_ours() {
        let ours = Names::on_port(8765);
        for good in ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"] {
            assert!(ours.find(good).is_some(), "{good}");
        }
        for bad in [
            "",
            ":",
            "127.0.0.1",
            "localhost",
            "[::1]",
            "127.0.0.1:",
            "127.0.0.1:80",
            "127.0.0.1:87650",
            "127.0.0.1:08765",
            "127.0.0.2:8765",
            "localhost.evil.test:8765",
            "evil.test",
            "evil.test:8765",
            "127.0.0.1:8765@evil.test",
            "x@127.0.0.1:8765",
            "127.0.0.1.nip.io:8765",
            "[::1",
            "[",
            "::1:8765",
            "[::ffff:127.0.0.1]:8765",
            "0.0.0.0:8765",
            "127.1:8765",
            "2130706433:8765",
            "localhost.:8765",
            " localhost:8765",
        ] {
            assert_eq!(ours.find(bad), None, "{bad}");
        }
        assert!(Names::on_port(80).find("localhost").is_some());
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn sec_b4_only_a_plain_navigation_or_no_browser_at_all_may_ask() {
        let navigate = ("sec-fetch-mode", "navigate");
        assert!(navigation(&headers(&[])).is_ok());
        assert!(navigation(&headers(&[("sec-fetch-mode", "cors")])).is_ok(), "Node's fetch");
        assert!(navigation(&headers(&[navigate, ("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")])).is_ok());
        for bad in [
            headers(&[navigate, ("sec-fetch-dest", "iframe")]),
            headers(&[navigate]),
            headers(&[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]),
            headers(&[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[navigate, ("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")]),
        ] {
            assert!(navigation(&bad).is_err(), "{bad:?}");
        }
        let mut twice = headers(&[navigate, ("sec-fetch-dest", "document")]);
        twice.append("sec-fetch-mode", "navigate".parse().expect("a value"));
        assert!(navigation(&twice).is_err(), "a repeated header is no browser's");
    }

    #[test]
    fn sec_b2_a_foreign_page_is_refused_everywhere_else() {
        assert!(no_foreign_page(&headers(&[])).is_ok());
        assert!(no_foreign_page(&headers(&[("sec-fetch-site", "none")])).is_ok());
        for site in ["cross-site", "same-site", "whatever"] {
            assert!(no_foreign_page(&headers(&[("sec-fetch-site", site)])).is_err(), "{site}");
        }
    }
}
