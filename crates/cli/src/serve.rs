//! `doorward serve`

use doorward_broker::{
    config::Profile,
    consent::terminal::TerminalPrompter,
    control::Front,
    instance::{Options, Running},
};

use crate::{
    args::Serve,
    exit::{Failure, Outcome},
};

pub(crate) async fn serve(args: Serve, profile: Profile) -> Outcome {
    if !args.no_gui && has_screen() {
        return desktop(&args, &profile);
    }
    let front = if args.scripted_approval { Front::Scripted } else { Front::Terminal };
    let prompter = TerminalPrompter::new(front == Front::Scripted);
    let options = Options { profile, port: args.port, front, keyring: args.keyring.into() };
    let running = Running::start(options, prompter.clone()).await.map_err(Failure::failed)?;
    banner(&running, front);
    prompter.listen(running.broker.queue().clone());
    until_told_to_stop().await;
    eprintln!("Doorward stops. What is waiting is refused.");
    running.stop().await;
    Ok(())
}

fn banner(running: &Running, front: Front) {
    eprintln!("Doorward listens on {}", running.broker.issuer().as_str());
    if front == Front::Scripted {
        eprintln!(
            "\n*** SCRIPTED APPROVAL IS ON ***\nScripts answer requests here; no person is asked. Anything that runs as this user can let itself in.\nNever use this for tools you care about.\n"
        );
    }
}

async fn until_told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
            let _ = tokio::signal::ctrl_c().await;
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

fn has_screen() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

/// Hands over to the desktop app, which lies beside this program.
fn desktop(args: &Serve, profile: &Profile) -> Outcome {
    let program =
        std::env::current_exe().map_err(Failure::failed)?.with_file_name(format!("doorward-desktop{}", std::env::consts::EXE_SUFFIX));
    let mut command = std::process::Command::new(&program);
    if let Some(port) = args.port {
        command.arg("--port").arg(port.to_string());
    }
    if !profile.is_default() {
        command.arg("--profile").arg(profile.label());
    }
    let status = command.status().map_err(|error| {
        Failure::failed(format!(
            "The desktop app ({}) cannot be started: {error}. To go without it: doorward serve --no-gui",
            program.display()
        ))
    })?;
    if status.success() { Ok(()) } else { Err(Failure::failed("The desktop app ended with an error.")) }
}
