//! Whether the person is away: the screen is locked, or the computer sleeps. Linux tells that over D-Bus.
//!
//! Nothing is decided by it, because any program of the same user can say so on the session's bus: questions wait and lapse as they
//! always do, and are answered in the window only.

use std::{collections::BTreeSet, future::ready, pin::Pin};

use futures_util::{
    Stream, StreamExt,
    stream::{SelectAll, select_all},
};
use tauri::{AppHandle, Manager};
use zbus::{Connection, Proxy, proxy::MethodFlags, zvariant::OwnedObjectPath};

use crate::app::Desktop;

/// What desktops that lock the screen are called on the session's bus: KDE, GNOME, Cinnamon, MATE and Xfce.
const SCREEN_SAVERS: [&str; 5] =
    ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver"];
const LOGIN: &str = "org.freedesktop.login1";

/// Who says it, and whether it is so now.
type Sign = (&'static str, bool);
type Signs = Pin<Box<dyn Stream<Item = Sign> + Send>>;

/// Tells the prompter when the person goes away and when they are back, for as long as Doorward runs.
pub(crate) async fn watch(app: AppHandle) {
    let (mut signs, mut away) = (SelectAll::new(), BTreeSet::new());
    for (what, listened) in [("a locked screen", screen_savers().await), ("a locked session and sleep", login().await)] {
        match listened {
            Ok((now, later)) => {
                signs.push(later);
                away.extend(now);
            }
            Err(error) => tracing::debug!(%error, "nothing here tells of {what}"),
        }
    }
    tracing::debug!("listening for locks and sleep");
    loop {
        let Some(desktop) = app.try_state::<Desktop>() else { return };
        if away.is_empty() {
            desktop.prompter.came_back();
        } else {
            desktop.prompter.went_away(desktop.broker.now());
        }
        match signs.next().await {
            Some((who, true)) => away.insert(who),
            Some((who, false)) => away.remove(who),
            None => return,
        };
    }
}

/// The desktops that say now that the screen is locked, and what they say from now on.
async fn screen_savers() -> zbus::Result<(Vec<&'static str>, Signs)> {
    let bus = Connection::session().await?;
    let (mut now, mut later) = (Vec::new(), SelectAll::<Signs>::new());
    for name in SCREEN_SAVERS {
        let desktop = Proxy::new(&bus, name, format!("/{}", name.replace('.', "/")), name).await?;
        let changed = desktop.receive_signal("ActiveChanged").await?;
        later.push(Box::pin(changed.filter_map(move |signal| ready(signal.body().deserialize().ok().map(|locked| (name, locked))))));
        // One that ended without a word locks nothing any more.
        let owners = desktop.receive_owner_changed().await?;
        later.push(Box::pin(owners.filter_map(move |owner| ready(owner.is_none().then_some((name, false))))));
        // Most are not there, and asking must not start them.
        let locked = desktop.call_with_flags::<_, _, bool>("GetActive", MethodFlags::NoAutoStart.into(), &()).await;
        now.extend(matches!(locked, Ok(Some(true))).then_some(name));
    }
    Ok((now, Box::pin(later)))
}

/// The same of who keeps the sessions of this computer. The signals `Lock` and `Unlock` are requests, to which not everybody listens:
/// what counts is what the session says of itself.
async fn login() -> zbus::Result<(Vec<&'static str>, Signs)> {
    let bus = Connection::system().await?;
    let manager = Proxy::new(&bus, LOGIN, "/org/freedesktop/login1", "org.freedesktop.login1.Manager").await?;
    let sleeps = manager.receive_signal("PrepareForSleep").await?;
    let sleeps: Signs = Box::pin(sleeps.filter_map(|signal| ready(signal.body().deserialize().ok().map(|sleeps| ("sleep", sleeps)))));
    let found = manager.call_with_flags::<_, _, OwnedObjectPath>("GetSession", MethodFlags::NoAutoStart.into(), &"auto").await;
    let session = match found {
        Ok(Some(session)) => Proxy::new(&bus, LOGIN, session, "org.freedesktop.login1.Session").await?,
        Ok(None) | Err(_) => return Ok((Vec::new(), sleeps)),
    };
    let changed = session.receive_property_changed::<bool>("LockedHint").await;
    let locks: Signs = Box::pin(changed.filter_map(|hint| async move { hint.get().await.ok().map(|locked| ("session", locked)) }));
    let locked = session.get_property::<bool>("LockedHint").await.unwrap_or(false);
    Ok((locked.then_some("session").into_iter().collect(), Box::pin(select_all([sleeps, locks]))))
}
