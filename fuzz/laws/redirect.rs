//! Redirect URIs: which may be registered, and which one a request means. Input: the registered one, a line end, the other.

use doorward_oauth::{
    preset::RegistrationPolicy,
    redirect::{Destination, RedirectSet, RedirectUri},
};
use url::{Host, Url};

/// The text without the port of a loopback address, by a second reading of the rule; `None` where no port is free.
fn without_port(text: &str) -> Option<String> {
    let host = ["http://127.0.0.1", "http://localhost", "http://[::1]"].into_iter().find(|host| text.starts_with(host))?;
    let rest = &text[host.len()..];
    let after = match rest.strip_prefix(':') {
        None => rest,
        Some(ported) => {
            let digits = ported.chars().take_while(char::is_ascii_digit).count();
            let port = &ported[..digits];
            let sound = !port.starts_with('0') && port.parse::<u16>().is_ok();
            if !sound {
                return None;
            }
            &ported[digits..]
        }
    };
    (after.is_empty() || after.starts_with(['/', '?'])).then(|| format!("{host}{after}"))
}

fn leads_where_it_says(uri: &RedirectUri) {
    let text = uri.as_str();
    assert!(text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains(['#', '\\', '"', '<', '>']), "{text}");
    // What no browser can read leads nowhere.
    let Ok(seen) = Url::parse(text) else { return };
    match uri.destination() {
        Destination::Loopback { host, port } => {
            assert_eq!((seen.scheme(), seen.host_str()), ("http", Some(host.as_str())), "{text}");
            assert_eq!(seen.port_or_known_default(), port.or(Some(80)), "{text}");
        }
        Destination::Web { host } => {
            assert_eq!((seen.scheme(), seen.host_str()), ("https", Some(host.as_str())), "{text}");
            assert!(matches!(seen.host(), Some(Host::Domain(_) | Host::Ipv4(_))), "{text}");
        }
        Destination::PrivateScheme { scheme } => assert_eq!(seen.scheme(), scheme, "{text}"),
        Destination::Fetched => panic!("{text} is an address"),
    }
    assert!(seen.username().is_empty() && seen.password().is_none(), "{text}");
}

/// Fails where a law is broken.
pub fn holds(input: &str) {
    let policy = RegistrationPolicy::default();
    let (registered, requested) = input.split_once('\n').unwrap_or((input, input));
    let Ok(uri) = RedirectUri::parse(registered, &policy) else { return };
    assert_eq!(uri.as_str(), registered);
    leads_where_it_says(&uri);
    let set = RedirectSet::new(vec![uri.clone()]).expect("one");
    assert_eq!(set.find(Some(registered)), Some(uri.clone()), "it means itself");
    assert_eq!(set.find(None), Some(uri.clone()), "the only one");
    let Some(found) = set.find(Some(requested)) else {
        let same = without_port(registered).is_some_and(|own| without_port(requested) == Some(own));
        assert!(requested != registered && !same, "{requested} is {registered} on another port");
        return;
    };
    assert_eq!(found.as_str(), requested, "the answer goes where the request said");
    leads_where_it_says(&found);
    assert_eq!(found.shape(), uri.shape());
    if requested != registered {
        assert_eq!(without_port(requested), without_port(registered), "{registered} was taken for {requested}");
        assert!(without_port(registered).is_some(), "{registered} has no free port");
    }
}
