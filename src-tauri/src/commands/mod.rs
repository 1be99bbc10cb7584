//! What pages can call: each parses, calls the broker and puts its sentence on the way back. Which window may call which
//! is decided by the capabilities, before any of this runs.

use doorward_broker::broker::Broker;
use doorward_words::{Says, spoken};
use tauri::{AppHandle, Manager, Runtime, State};

use crate::app::Desktop;

pub(crate) mod consent;
pub(crate) mod main;

/// A sentence for the person.
pub(crate) type Refused = String;

pub(crate) fn say(error: impl Says) -> Refused {
    spoken().tell(&error.said())
}

/// A page can be quicker than the start.
fn desktop<R: Runtime>(app: &AppHandle<R>) -> Result<State<'_, Desktop>, Refused> {
    app.try_state::<Desktop>().ok_or_else(|| spoken().say("still-starting", &[]))
}

fn broker<R: Runtime>(app: &AppHandle<R>) -> Result<Broker, Refused> {
    desktop(app).map(|desktop| desktop.broker.clone())
}
