//! What is started in which order, and how it ends.

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use clap::Parser;
use doorward_broker::{
    broker::Broker,
    config::{Language, Places, Profile},
    control::{Command, Front, Reply, client},
    instance::{Options, Running, StartError},
    secrets::Backend,
};
use tauri::{AppHandle, Manager, RunEvent, Runtime};

use crate::{
    commands::{consent, main},
    fallback, health,
    import::Imports,
    port,
    prompts::WindowPrompter,
    speech, tray, windows,
};
use doorward_words::{Says as _, spoken};

/// You see which program asks for your local MCP tools, and you can take it back at any time.
#[derive(Debug, Clone, Parser)]
#[command(name = "doorward-desktop", version)]
pub struct Start {
    /// Another port than the one in config.toml (8765)
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Use another set of data
    #[arg(long, value_name = "NAME", value_parser = profile, env = "DOORWARD_PROFILE")]
    profile: Option<Profile>,
    /// Start without a window, also the first time
    #[arg(long)]
    hidden: bool,
}

fn profile(name: &str) -> Result<Profile, &'static str> {
    Profile::named(name).ok_or("a profile's name has lower-case letters, digits and -")
}

impl Start {
    /// Whose data it is.
    pub(crate) fn profile(&self) -> Profile {
        self.profile.clone().unwrap_or_default()
    }
}

/// A Doorward that is up, as commands and the tray see it.
pub(crate) struct Desktop {
    pub(crate) broker: Broker,
    pub(crate) prompter: Arc<WindowPrompter>,
    pub(crate) places: Places,
    pub(crate) profile: Profile,
    pub(crate) imports: Imports,
    running: Mutex<Option<Running>>,
}

impl Desktop {
    /// Ends everything in order, once.
    pub(crate) async fn quit(&self, app: &AppHandle) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop().await;
            app.exit(0);
        }
    }
}

/// Registers what pages can call. Who may call what is in the capabilities.
pub fn with_commands<R: Runtime>(builder: tauri::Builder<R>) -> tauri::Builder<R> {
    builder.invoke_handler(tauri::generate_handler![
        consent::consent_state,
        consent::consent_answer,
        consent::consent_deny_all,
        consent::consent_go,
        consent::consent_handler,
        consent::consent_later,
        consent::consent_more_time,
        consent::consent_open,
        consent::consent_painted,
        main::main_state,
        main::main_history,
        main::main_calls,
        main::main_export_calls,
        main::main_all_rules,
        main::main_show_request,
        main::main_disconnect,
        main::main_set_app_paused,
        main::main_set_server_paused,
        main::main_restart_server,
        main::main_ask_for_all,
        main::main_unblock,
        main::main_add_server,
        main::main_add_command,
        main::main_import_look,
        main::main_import_plan,
        main::main_import,
        main::main_undo,
        main::main_remove_server,
        main::main_rules,
        main::main_server_tools,
        main::main_set_rule,
        main::main_set_paused,
        main::main_unmute,
        main::main_settings,
        main::main_set_setting,
        main::main_set_autostart,
        main::main_health,
    ])
}

/// Runs the desktop app until a person quits it.
pub fn run(start: Start) -> ExitCode {
    speech::choose(Language::System);
    if !has_screen() {
        eprintln!(
            "doorward-desktop: There is no screen here (DISPLAY and WAYLAND_DISPLAY are not set). Without one, run: doorward serve --no-gui"
        );
        return ExitCode::FAILURE;
    }
    // Before the window system begins: to end while it still does can be a crash.
    if tauri::async_runtime::block_on(raise_the_first(&start.profile())) {
        return ExitCode::SUCCESS;
    }
    let built = with_commands(tauri::Builder::default())
        .setup(move |app| {
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(bring_up(handle, start));
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            eprintln!("doorward-desktop: The window system does not work: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|_, event| {
        // Closing the last window is not the end: Doorward lives in the tray.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    ExitCode::SUCCESS
}

fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Starts the broker off the UI thread, which stays free for an unlock dialog of the keyring; then the tray.
async fn bring_up(app: AppHandle, start: Start) {
    let profile = start.profile();
    let prompter = WindowPrompter::new(app.clone());
    let options = Options { profile: profile.clone(), port: start.port, front: Front::Desktop, keyring: Backend::System };
    let running = loop {
        match Running::start(options.clone(), prompter.clone()).await {
            Ok(running) => break running,
            Err(StartError::Bind(error)) => {
                let settled = match Places::of(&profile) {
                    Ok(places) => port::settle(&app, &places, options.port.is_some(), &error).await,
                    Err(_) => false,
                };
                if !settled {
                    return app.exit(1);
                }
            }
            Err(error) => return give_up(&app, &profile, &error).await,
        }
    };
    let broker = running.broker.clone();
    let around = profile.clone();
    broker.look_also(Box::new(move || {
        let profile = around.clone();
        Box::pin(async move { health::of_the_desktop(&profile).await })
    }));
    let first_run = broker.greet().await.unwrap_or(false);
    let places = running.places.clone();
    app.manage(Desktop {
        broker: broker.clone(),
        prompter: prompter.clone(),
        places,
        profile,
        imports: Imports::default(),
        running: Mutex::new(Some(running)),
    });
    speech::choose(broker.preferences().language);
    prompter.start(broker.queue().clone());
    let handle = app.clone();
    let _ = app.run_on_main_thread(move || {
        tray::build(&handle);
        if first_run && !start.hidden {
            windows::open_main(&handle);
        }
    });
    tauri::async_runtime::spawn(follow_changes(app.clone(), broker));
    quit_when_told(app).await;
}

/// A second start raises the first. `false` when there is none, or none with a window.
async fn raise_the_first(profile: &Profile) -> bool {
    let Ok(places) = Places::of(profile) else { return false };
    matches!(client::call(&places.control_socket(), &Command::Raise).await, Ok(Reply::Raised))
}

/// The other of two starts at the same time may be the first. Anything else is said where a person sees it.
async fn give_up(app: &AppHandle, profile: &Profile, error: &StartError) {
    if matches!(error, StartError::AlreadyRunning { .. }) && raise_the_first(profile).await {
        app.exit(0);
        return;
    }
    eprintln!("doorward-desktop: {error}");
    let (handle, sentence) = (app.clone(), spoken().tell(&error.said()));
    let _ = app.run_on_main_thread(move || {
        fallback::tell(&sentence);
        handle.exit(1);
    });
}

/// Keeps the tray and the main window true.
async fn follow_changes(app: AppHandle, broker: Broker) {
    let (mut changes, mut waiting) = (broker.changes(), broker.queue().waiting());
    #[cfg(target_os = "linux")]
    let mut badge = crate::badge::Badge::default();
    loop {
        waiting.borrow_and_update();
        changes.borrow_and_update();
        let in_another_language = speech::choose(broker.preferences().language);
        let Some(desktop) = app.try_state::<Desktop>() else { return };
        let shown = tray::Shown::now(&desktop).await;
        #[cfg(target_os = "linux")]
        badge.show(shown.waiting()).await;
        let (handle, shown) = (app.clone(), shown);
        let _ = app.run_on_main_thread(move || {
            tray::update(&handle, shown);
            if in_another_language {
                windows::reopen_main(&handle);
            }
            windows::main_changed(&handle);
        });
        let ended = tokio::select! {
            changed = changes.changed() => changed.is_err(),
            changed = waiting.changed() => changed.is_err(),
        };
        if ended {
            return;
        }
    }
}

/// Ends in order when the session ends or somebody sends a signal.
async fn quit_when_told(app: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if let Some(desktop) = app.try_state::<Desktop>() {
            desktop.quit(&app).await;
        }
    }
    #[cfg(not(unix))]
    drop(app);
}
