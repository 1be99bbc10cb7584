//! Subscriptions of clients of today at a server of before, which knows none: Doorward keeps them (MCP 2026-07-28,
//! "Subscriptions").

use std::sync::Arc;

use axum::response::Response;

use crate::{
    answer::subscription_ended,
    change::Filter,
    endpoint::{Asking, Call, Refused},
    hearers::Hearers,
    life::Life,
    rpc::{self, Outcome, Params, code},
    running::Running,
    stream,
    trouble::Trouble,
    uses::Use,
    wire::SUBSCRIPTION,
};

/// The longest address of a resource that is kept, in bytes.
pub(crate) const LONGEST_URI: usize = 2 * 1024;

/// Ends a subscription when its client has gone.
struct Kept {
    life: Arc<Life>,
    number: u64,
    uris: Vec<String>,
    _use: Use,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.life.shared.hearers.unsubscribe(self.number);
        forget(&self.life, std::mem::take(&mut self.uris));
    }
}

/// Tells the process, if there is one, of resources that nobody wants to hear of any more.
pub(crate) fn forget(life: &Arc<Life>, uris: Vec<String>) {
    let Some(running) = life.present() else { return };
    let unwanted: Vec<String> = uris.into_iter().filter(|uri| !life.shared.hearers.wants(uri)).collect();
    // A stream can be dropped when everything else is gone already.
    let (Ok(runtime), false) = (tokio::runtime::Handle::try_current(), unwanted.is_empty()) else { return };
    runtime.spawn(async move {
        for uri in unwanted {
            // If it goes on telling, nobody hears it.
            let _ = running.unwant(&uri).await;
        }
    });
}

/// Keeps a subscription.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn keep(call: &Call<'_>, running: Arc<Running>, asking: Asking<'_>, in_use: Use) -> Result<Response, Refused> {
    let filter = asking.params.members.get("notifications").and_then(Filter::read);
    let wanted = filter.ok_or_else(|| Refused::wrong(code::INVALID_PARAMS, "The params have no sound filter in their notifications."))?;
    let settings = &call.life.shared.settings;
    if wanted.uris.len() > settings.resources || wanted.uris.iter().any(|uri| uri.len() > LONGEST_URI) {
        return Err(Refused::wrong(code::INVALID_PARAMS, "The filter names too many resources, or too long addresses."));
    }
    let can = running.greeting.can;
    let mut honoured = Filter {
        tools: wanted.tools && can.tells_tools,
        prompts: wanted.prompts && can.tells_prompts,
        resources: wanted.resources && can.tells_resources,
        uris: if can.subscribes { wanted.uris } else { Vec::new() },
    };
    honoured.uris.sort_unstable();
    honoured.uris.dedup();
    // Before the process is asked: what it tells from then on must be heard.
    let hearers: &Hearers = &call.life.shared.hearers;
    let subscribed = hearers.subscribe(asking.id.clone(), honoured.clone());
    let most = settings.subscriptions;
    let (events, number) = subscribed.ok_or_else(|| Trouble::TooMany { server: call.life.shared.server.clone(), most })?;
    let mut kept = Kept { life: Arc::clone(call.life), number, uris: honoured.uris.clone(), _use: in_use };
    let mut refused = Vec::new();
    for uri in &honoured.uris {
        if !matches!(running.want(uri).await, Ok(Ok(()))) {
            refused.push(uri.clone());
        }
    }
    honoured.uris.retain(|uri| !refused.contains(uri));
    kept.uris.clone_from(&honoured.uris);
    hearers.narrow(number, &honoured.uris);
    let mut params = Params::default();
    params.members.set("notifications", honoured.raw());
    params.meta.set(SUBSCRIPTION, asking.id.raw());
    let mut first = stream::event(rpc::event("notifications/subscriptions/acknowledged", params));
    if honoured.is_empty() {
        // There is nothing that it could ever say.
        let end = rpc::answer(&asking.id, Outcome::Result(subscription_ended(&asking.id).get().as_bytes()));
        first.extend(stream::event(end));
        return Ok(stream::said(first));
    }
    Ok(stream::heard(Some(first.into()), events, settings.keep_alive, kept))
}
