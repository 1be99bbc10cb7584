//! Notifications of the desktop. They say that something waits or has happened, and have no buttons: nothing is answered there. A click
//! opens Doorward. They carry no name that a program gave itself, and a notification goes when its question does.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;

use doorward_broker::consent::{PromptId, Question};
use doorward_oauth::consent::ConsentKind;
#[cfg(target_os = "linux")]
use doorward_oauth::id::ServerName;
use doorward_words::spoken;
use tauri::{AppHandle, Manager};
use tokio::sync::mpsc;

use crate::app::Desktop;

/// Where notifications are handed in. What cannot be shown is only logged: whoever asks is shown in a window anyway.
pub(crate) struct Notices {
    app: AppHandle,
    to: mpsc::UnboundedSender<Notice>,
}

#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only on Linux is a notification taken back"))]
enum Notice {
    /// A question waits.
    Waits(PromptId, String),
    /// It does not any more.
    Over(PromptId),
    /// Something happened; a click shows it on this page.
    Shown(String, &'static str),
    /// Something happened.
    Happened(String),
}

impl Notices {
    pub(crate) fn new(app: AppHandle) -> Self {
        let (to, notices) = mpsc::unbounded_channel();
        tauri::async_runtime::spawn(native::show(app.clone(), notices));
        Self { app, to }
    }

    /// A question waits that the person does not see.
    pub(crate) fn waits(&self, question: &Question) {
        if self.wanted() {
            let _ = self.to.send(Notice::Waits(question.id, text_of(question)));
        }
    }

    /// It was answered, or ended.
    pub(crate) fn over(&self, id: PromptId) {
        let _ = self.to.send(Notice::Over(id));
    }

    /// Tells at which servers questions lapsed while the person was away.
    #[cfg(target_os = "linux")]
    pub(crate) fn lapsed(&self, servers: &[ServerName]) {
        if !servers.is_empty() && self.wanted() {
            let _ = self.to.send(Notice::Shown(lapsed(servers), "requests"));
        }
    }

    /// Tells that an import ended, which added so many servers.
    pub(crate) fn import_ended(&self, added: usize) {
        if self.wanted() {
            let _ = self.to.send(Notice::Shown(spoken().say("notice-imported", &[("n", added.into())]), "import"));
        }
    }

    /// Tells what happened.
    pub(crate) fn happened(&self, text: &str) {
        if self.wanted() {
            let _ = self.to.send(Notice::Happened(text.to_owned()));
        }
    }

    fn wanted(&self) -> bool {
        self.app.try_state::<Desktop>().is_some_and(|desktop| desktop.broker.preferences().notifications)
    }
}

/// How many, and each server once.
#[cfg(target_os = "linux")]
fn lapsed(servers: &[ServerName]) -> String {
    let names: BTreeSet<&str> = servers.iter().map(ServerName::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    spoken().say("notice-lapsed", &[("n", servers.len().into()), ("servers", spoken().list(&names).into())])
}

fn text_of(question: &Question) -> String {
    let message = match question.request.kind {
        ConsentKind::Connect(_) => "notice-connect",
        ConsentKind::Call(_) => "notice-call",
        ConsentKind::Changed(_) => "notice-changed",
        ConsentKind::AddServer(_) => "notice-add-server",
    };
    spoken().say(message, &[("server", question.request.server.as_str().into())])
}

#[cfg(target_os = "linux")]
mod native {
    use std::collections::HashMap;

    use doorward_broker::consent::PromptId;
    use doorward_words::spoken;
    use futures_util::StreamExt;
    use tauri::{AppHandle, Manager};
    use tokio::sync::mpsc::UnboundedReceiver;
    use zbus::{Connection, Proxy, zvariant::Value};

    use super::Notice;
    use crate::{app::Desktop, windows};

    /// What the notifications that may be up are about, by the desktop's number.
    type Shown = HashMap<u32, About>;

    #[derive(PartialEq)]
    enum About {
        Question(PromptId),
        Page(&'static str),
    }

    pub(super) async fn show(app: AppHandle, mut notices: UnboundedReceiver<Notice>) {
        let Some(first) = notices.recv().await else { return };
        if let Err(error) = keep_showing(app, first, &mut notices).await {
            tracing::warn!(%error, "this desktop shows no notifications");
        }
        // Nobody reads the rest, and nobody waits for it either.
        while notices.recv().await.is_some() {}
    }

    async fn keep_showing(app: AppHandle, first: Notice, notices: &mut UnboundedReceiver<Notice>) -> zbus::Result<()> {
        let bus = Connection::session().await?;
        let name = "org.freedesktop.Notifications";
        let desktop = Proxy::new(&bus, name, "/org/freedesktop/Notifications", name).await?;
        let mut pressed = desktop.receive_signal("ActionInvoked").await?;
        let mut shown = Shown::default();
        deal_with(&app, first, &desktop, &mut shown).await;
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Some(notice) => deal_with(&app, notice, &desktop, &mut shown).await,
                    None => return Ok(()),
                },
                Some(pressed) = pressed.next() => {
                    let (number, _action): (u32, String) = pressed.body().deserialize()?;
                    // Of the notifications of this desktop, others are other programs'.
                    match shown.get(&number) {
                        Some(&About::Question(id)) => {
                            if let Some(desktop) = app.try_state::<Desktop>() {
                                desktop.prompter.bring_up(id);
                            }
                        }
                        Some(&About::Page(page)) => {
                            let handle = app.clone();
                            let _ = app.run_on_main_thread(move || windows::open_main_at(&handle, page));
                        }
                        None => {}
                    }
                }
            }
        }
    }

    /// A desktop that does not take one may take the next: what shows them can be started anew.
    async fn deal_with(app: &AppHandle, notice: Notice, desktop: &Proxy<'_>, shown: &mut Shown) {
        match notice {
            Notice::Waits(id, text) => {
                let about = About::Question(id);
                // Said once more, it takes the place of what was said before.
                let before = shown.iter().find_map(|(number, known)| (*known == about).then_some(*number));
                if let Some(number) = notify(app, desktop, before.unwrap_or_default(), &text).await {
                    shown.retain(|_, known| *known != about);
                    shown.insert(number, about);
                }
            }
            Notice::Over(id) => {
                for (number, _) in shown.extract_if(|_, about| *about == About::Question(id)) {
                    // It may be gone already.
                    let _ = desktop.call_method("CloseNotification", &number).await;
                }
            }
            Notice::Shown(text, page) => {
                if let Some(number) = notify(app, desktop, NEW, &text).await {
                    shown.insert(number, About::Page(page));
                }
            }
            Notice::Happened(text) => {
                notify(app, desktop, NEW, &text).await;
            }
        }
    }

    /// The number of no notification.
    const NEW: u32 = 0;

    async fn notify(app: &AppHandle, desktop: &Proxy<'_>, instead_of: u32, text: &str) -> Option<u32> {
        // Some desktops read markup.
        let body = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let open = spoken().say("open", &[]);
        let sounds = app.try_state::<Desktop>().is_some_and(|app| app.broker.preferences().sound);
        // The desktop plays it, or not when it is not to be disturbed.
        let sound = if sounds { ("sound-name", Value::from("message-new-instant")) } else { ("suppress-sound", Value::from(true)) };
        let (actions, hints) = (["default", &open], HashMap::from([("desktop-entry", Value::from("doorward-desktop")), sound]));
        let notice = ("Doorward", instead_of, "doorward-desktop", "Doorward", body, &actions[..], hints, -1_i32);
        let shown = desktop.call("Notify", &notice).await;
        shown.inspect_err(|error: &zbus::Error| tracing::debug!(%error, "a notification is not shown")).ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod native {
    use tauri::{AppHandle, Manager};
    use tokio::sync::mpsc::UnboundedReceiver;

    use super::Notice;
    use crate::app::Desktop;

    pub(super) async fn show(app: AppHandle, mut notices: UnboundedReceiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            let (Notice::Waits(_, text) | Notice::Shown(text, _) | Notice::Happened(text)) = notice else { continue };
            // It talks to the system and may take its time.
            let sounds = app.try_state::<Desktop>().is_some_and(|app| app.broker.preferences().sound);
            let shown = tokio::task::spawn_blocking(move || {
                let mut notification = notify_rust::Notification::new();
                notification.summary("Doorward").body(&text);
                if sounds {
                    notification.sound_name("default");
                }
                notification.show().map(drop)
            });
            if let Ok(Err(error)) = shown.await {
                tracing::warn!(%error, "a notification could not be shown");
            }
        }
    }
}
