//! `subscriptions/listen`: a stream of the changes that a client wants to know.

use futures_util::{StreamExt, stream::BoxStream};
use serde_json::{Value, json};

use crate::{
    App,
    changes::Change,
    failure::Failure,
    feed::Feed,
    message::{self, Request},
};

const META_SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What a client wants to know.
struct Filter {
    tools: bool,
    prompts: bool,
    resources: Vec<String>,
}

impl Filter {
    fn read(wanted: &Value) -> Self {
        let is_wanted = |name: &str| wanted[name].as_bool().unwrap_or(false);
        let uris = wanted["resourceSubscriptions"].as_array().into_iter().flatten();
        Self {
            tools: is_wanted("toolsListChanged"),
            prompts: is_wanted("promptsListChanged"),
            resources: uris.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// What of it will be told.
    fn agreed(&self) -> Value {
        json!({ "toolsListChanged": self.tools, "promptsListChanged": self.prompts, "resourceSubscriptions": self.resources })
    }

    fn wants(&self, change: Change) -> bool {
        match change {
            Change::Tools => self.tools,
            Change::Prompts => self.prompts,
            Change::Resource(uri) => self.resources.iter().any(|wanted| wanted == uri),
        }
    }
}

/// Opens a stream. It lasts until the client goes away.
pub(super) fn open(app: &App, request: &Request) -> Result<BoxStream<'static, String>, Failure> {
    let wanted = request.params.get("notifications").filter(|wanted| wanted.is_object());
    let filter = Filter::read(wanted.ok_or_else(|| Failure::invalid_params("notifications must be an object"))?);
    let id = request.id.clone();
    let notification = move |method: &str, mut params: Value| {
        params["_meta"] = json!({ META_SUBSCRIPTION: id });
        message::notification(method, &params)
    };
    let (feed, mut changes) = (Feed::once(), app.changes.watch());
    let events = feed.read(0).boxed();
    feed.send(&notification("notifications/subscriptions/acknowledged", json!({ "notifications": filter.agreed() })));
    tokio::spawn(async move {
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(change) if filter.wants(change) => {
                        let (method, params) = change.notification();
                        feed.send(&notification(method, params));
                    }
                    Some(_) => {}
                    None => return,
                },
                () = feed.left() => return,
            }
        }
    });
    Ok(events)
}
