//! A program as a server at an address of this computer, for trying clients: `endpoint PORT PROGRAM ARGUMENT…`. Whoever can
//! reach the port is served: it is no gateway. What the program writes is shown, and so is each change of its state.

use std::{env, process::ExitCode, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
    routing::any,
};
use doorward_stdio::{CallerKey, Command, Commanding, Launch, Server, Settings, Value, environment};

/// The largest message, in bytes.
const MOST: usize = 16 * 1024 * 1024;

/// What the command line says.
struct Line {
    program: String,
    arguments: Vec<String>,
}

impl Launch for Line {
    fn command(&self) -> Commanding<'_> {
        Box::pin(async {
            let path = environment::login_path().await.text;
            let folder = env::current_dir().unwrap_or_default();
            let program = environment::resolve(&self.program, &path, &folder)
                .map_err(|missing| doorward_stdio::NoCommand(doorward_words::Said::verbatim(missing.to_string())))?;
            let environment = env::vars().map(|(name, value)| (name, Value::Plain(value))).collect();
            Ok(Command { program, arguments: self.arguments.clone(), folder, environment })
        })
    }
}

async fn call(server: Server, request: Request) -> Response {
    let (head, body) = request.into_parts();
    println!("{} {}", head.method, head.headers.get("mcp-method").and_then(|method| method.to_str().ok()).unwrap_or("-"));
    match to_bytes(body, MOST).await {
        Ok(body) => server.call(CallerKey::new("anybody"), Request::from_parts(head, body)).await,
        Err(_) => Response::new(Body::from("too long")),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("endpoint PORT PROGRAM ARGUMENT…");
        return ExitCode::FAILURE;
    };
    let server = Server::new("example", Arc::new(Line { program, arguments: arguments.collect() }), Settings::default());
    let (mut states, mut lines) = (server.changes(), server.log_changes());
    let watched = server.clone();
    tokio::spawn(async move {
        let mut shown = 0;
        loop {
            tokio::select! {
                changed = states.changed() => if changed.is_err() { return },
                changed = lines.changed() => if changed.is_err() { return },
            }
            let count = *lines.borrow_and_update();
            let new = usize::try_from(count - shown).unwrap_or(usize::MAX);
            shown = count;
            let log = watched.log();
            for line in log.iter().skip(log.len().saturating_sub(new)) {
                println!("  {:?}: {}", line.by, line.text);
            }
            println!("  {:?}", *states.borrow_and_update());
        }
    });
    let served = server.clone();
    let app = Router::new().fallback(any(move |request| call(served.clone(), request)));
    let Ok(listener) = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await else {
        eprintln!("port {port} cannot be used");
        return ExitCode::FAILURE;
    };
    println!("http://127.0.0.1:{port}/mcp");
    let quit = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        _ = axum::serve(listener, app) => {}
        () = quit => server.stop().await,
    }
    ExitCode::SUCCESS
}
