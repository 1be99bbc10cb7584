//! What a server says of its own accord: that something changed.

use serde_json::value::RawValue;

use crate::object::{Object, raw};

/// Something of the server that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Tools,
    Prompts,
    Resources,
    /// The resource of that address.
    Updated(String),
}

impl Change {
    /// What a notification says that changed; `None` if it is about something else.
    pub(crate) fn read(method: &str, params: &Object<'_>) -> Option<Self> {
        match method {
            "notifications/tools/list_changed" => Some(Self::Tools),
            "notifications/prompts/list_changed" => Some(Self::Prompts),
            "notifications/resources/list_changed" => Some(Self::Resources),
            "notifications/resources/updated" => params.value("uri").map(Self::Updated),
            _ => None,
        }
    }
}

/// What somebody wants to hear of (MCP 2026-07-28, `SubscriptionFilter`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
    /// Addresses of resources.
    pub(crate) uris: Vec<String>,
}

impl Filter {
    const FLAGS: [&'static str; 3] = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
    const URIS: &'static str = "resourceSubscriptions";

    /// `None` if a member is not of its kind. Unknown ones mean nothing.
    pub(crate) fn read(text: &RawValue) -> Option<Self> {
        let members = Object::read(text)?;
        let [tools, prompts, resources] = Self::FLAGS.map(|flag| match members.get(flag) {
            None => Some(false),
            Some(_) => members.value(flag),
        });
        let uris = match members.get(Self::URIS) {
            None => Vec::new(),
            Some(_) => members.value(Self::URIS)?,
        };
        Some(Self { tools: tools?, prompts: prompts?, resources: resources?, uris })
    }

    /// As it stands in messages: what is not wanted is not named.
    pub(crate) fn raw(&self) -> Box<RawValue> {
        let mut members = Object::default();
        for (flag, wanted) in Self::FLAGS.into_iter().zip([self.tools, self.prompts, self.resources]) {
            if wanted {
                members.set(flag, raw(&true));
            }
        }
        if !self.uris.is_empty() {
            members.set(Self::URIS, raw(&self.uris));
        }
        members.raw()
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn wants(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.tools,
            Change::Prompts => self.prompts,
            Change::Resources => self.resources,
            Change::Updated(uri) => self.uris.contains(uri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> Option<Filter> {
        Filter::read(&RawValue::from_string(text.to_owned()).expect("JSON"))
    }

    #[test]
    fn a_filter_is_what_it_says_and_nothing_more() {
        let read =
            filter(r#"{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["a:1"],"other":7}"#).expect("sound");
        assert!(read.wants(&Change::Tools) && !read.wants(&Change::Prompts) && !read.wants(&Change::Resources));
        assert!(read.wants(&Change::Updated("a:1".to_owned())) && !read.wants(&Change::Updated("a:12".to_owned())));
        assert_eq!(read.raw().get(), r#"{"toolsListChanged":true,"resourceSubscriptions":["a:1"]}"#);
        assert!(filter("{}").is_some_and(|nothing| nothing.is_empty()));
        for bad in ["[]", "null", r#"{"toolsListChanged":1}"#, r#"{"resourceSubscriptions":"a"}"#, r#"{"resourceSubscriptions":[1]}"#] {
            assert_eq!(filter(bad), None, "{bad}");
        }
    }
}
