//! The MCP server of the tests. What it does at its start and which era it speaks, its arguments say; its tools do what real
//! servers do on bad days.

use std::{
    env,
    io::{self, BufRead, Write},
    process,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde_json::{Map, Value, json};

const MODERN: &str = "2026-07-28";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn has(flag: &str) -> bool {
    env::args().any(|argument| argument == flag)
}

/// What stands after a flag.
fn number(flag: &str) -> Option<u64> {
    env::args().skip_while(|argument| argument != flag).nth(1)?.parse().ok()
}

/// What it remembers.
#[derive(Default)]
struct Memory {
    is_modern: bool,
    /// The log is said from here on.
    level: String,
    /// Resources of `resources/subscribe`.
    uris: Vec<String>,
    /// Ids and filters of `subscriptions/listen`.
    listens: Vec<(Value, Value)>,
    /// Requests that Doorward must answer: what was asked, and for which call.
    asked: Map<String, Value>,
}

type Shared = Arc<Mutex<Memory>>;

fn memory(shared: &Shared) -> std::sync::MutexGuard<'_, Memory> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(message: &Value) {
    let mut out = io::stdout().lock();
    // Who reads it may be gone.
    let _ = writeln!(out, "{message}").and_then(|()| out.flush());
}

fn result(id: &Value, result: &Value) {
    let id = if has("--stringy") && id.is_number() { &json!(id.to_string()) } else { id };
    say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
}

fn error(id: &Value, code: i64, message: &str) {
    say(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }));
}

fn text(id: &Value, text: impl Into<String>) {
    result(id, &json!({ "content": [{ "type": "text", "text": text.into() }] }));
}

fn main() {
    if let Some(code) = number("--exit") {
        eprintln!("no configuration, so no server");
        process::exit(i32::try_from(code).unwrap_or(1));
    }
    if let Some(ms) = number("--slow-start") {
        thread::sleep(Duration::from_millis(ms));
    }
    for n in 0..number("--garbage").unwrap_or(0) {
        println!("hello {n}");
    }
    if has("--deaf") {
        thread::sleep(Duration::from_secs(1_000_000));
    }
    let shared = Shared::default();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            eprintln!("not understood: {line}");
            continue;
        };
        if !has("--silent") {
            take(&shared, &message);
        }
    }
    eprintln!("end of input");
    if has("--stays") {
        thread::sleep(Duration::from_secs(1_000_000));
    }
}

fn take(shared: &Shared, message: &Value) {
    let (id, method) = (&message["id"], message["method"].as_str());
    match method {
        None => answered(shared, message),
        Some("notifications/cancelled") => {
            let named = &message["params"]["requestId"];
            eprintln!("cancelled");
            memory(shared).listens.retain(|(id, _)| id != named);
        }
        Some("notifications/initialized") => eprintln!("initialized"),
        Some(other) if id.is_null() => eprintln!("told {other}"),
        Some(method) => request(shared, id, method, &message["params"]),
    }
}

/// Doorward answered what it was asked.
fn answered(shared: &Shared, message: &Value) {
    let key = message["id"].to_string();
    let call = memory(shared).asked.remove(&key);
    if let Some(call) = call {
        text(&call, message.get("error").unwrap_or(&message["result"]).to_string());
    }
}

fn capabilities() -> Value {
    json!({
        "tools": { "listChanged": true }, "prompts": {}, "resources": { "subscribe": true, "listChanged": true },
        "logging": {}, "tasks": { "list": {} },
    })
}

fn request(shared: &Shared, id: &Value, method: &str, params: &Value) {
    let claims = params["_meta"]["io.modelcontextprotocol/protocolVersion"].is_string();
    match method {
        "server/discover" if has("--dies-at-probe") => process::exit(4),
        "server/discover" if has("--ignores-probe") => {}
        "server/discover" if has("--legacy") => error(id, -32602, "Invalid request parameters"),
        "server/discover" => {
            memory(shared).is_modern = true;
            result(
                id,
                &json!({
                    "resultType": "complete", "supportedVersions": [MODERN], "capabilities": capabilities(), "instructions": "Be kind.",
                    "ttlMs": 5000, "cacheScope": "public",
                    "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "fake", "version": "9" } },
                }),
            );
        }
        "initialize" if has("--refuses") => error(id, -32000, "not\u{1b}[31m today"),
        "initialize" if has("--modern") => error(id, -32601, "Method not found"),
        "initialize" => {
            memory(shared).is_modern = false;
            let version = env::args().skip_while(|argument| argument != "--version").nth(1);
            result(
                id,
                &json!({
                    "protocolVersion": version.unwrap_or_else(|| "2025-11-25".to_owned()), "capabilities": capabilities(),
                    "serverInfo": { "name": "fake", "version": "9" }, "instructions": "Be kind.",
                }),
            );
        }
        _ if memory(shared).is_modern && !claims => error(id, -32602, "no _meta"),
        "tools/list" => result(id, &tools(params)),
        "tools/call" => call(shared, id, params),
        "resources/list" => result(id, &json!({ "resources": [{ "uri": "file:///a", "name": "a" }] })),
        "resources/read" => error(id, -32002, "Resource not found"),
        "resources/subscribe" if params["uri"] == "file:///none" => error(id, -32002, "Resource not found"),
        "resources/subscribe" => {
            eprintln!("subscribed");
            memory(shared).uris.push(params["uri"].as_str().unwrap_or_default().to_owned());
            result(id, &json!({}));
        }
        "resources/unsubscribe" => {
            eprintln!("unsubscribed");
            memory(shared).uris.retain(|uri| params["uri"] != uri.as_str());
            result(id, &json!({}));
        }
        "logging/setLevel" => {
            eprintln!("level {}", params["level"].as_str().unwrap_or_default());
            memory(shared).level = params["level"].as_str().unwrap_or_default().to_owned();
            result(id, &json!({}));
        }
        "subscriptions/listen" if memory(shared).is_modern => {
            memory(shared).listens.push((id.clone(), params["notifications"].clone()));
            let params = json!({ "notifications": params["notifications"], "_meta": { SUBSCRIPTION: id } });
            say(&json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged", "params": params }));
        }
        _ => error(id, -32601, "Method not found"),
    }
}

fn tools(params: &Value) -> Value {
    let annotated = json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
    if params["cursor"].is_null() {
        json!({ "tools": [{ "name": "echo", "inputSchema": { "type": "object" } }], "nextCursor": "2" })
    } else {
        json!({ "tools": [{ "name": "query", "inputSchema": annotated }], "resultType": "complete", "ttlMs": 7, "cacheScope": "public" })
    }
}

fn call(shared: &Shared, id: &Value, params: &Value) {
    let arguments = &params["arguments"];
    let size = || usize::try_from(arguments["bytes"].as_u64().unwrap_or(0)).unwrap_or(0);
    match params["name"].as_str().unwrap_or_default() {
        "echo" | "query" => text(id, arguments["text"].as_str().unwrap_or_default()),
        "params" => text(id, params.to_string()),
        "id" => text(id, id.to_string()),
        "pid" => text(id, process::id().to_string()),
        "environment" => text(id, json!(env::vars().collect::<Vec<_>>()).to_string()),
        "arguments" => text(id, json!(env::args().skip(1).collect::<Vec<_>>()).to_string()),
        "whisper" => {
            eprintln!("{}", arguments["text"].as_str().unwrap_or_default());
            text(id, "");
        }
        "die" => process::exit(3),
        "never" => eprintln!("I will not answer"),
        "slow" => {
            let (id, ms) = (id.clone(), arguments["ms"].as_u64().unwrap_or(0));
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(ms));
                text(&id, "at last");
            });
        }
        "big" => text(id, "x".repeat(size())),
        "line" => {
            let mut out = io::stdout().lock();
            let chunk = vec![b'x'; 1 << 20];
            for _ in 0..size() >> 20 {
                if out.write_all(&chunk).is_err() {
                    process::exit(5);
                }
            }
            let _ = out.write_all(b"\n");
        }
        "garbage" => {
            for n in 0..arguments["lines"].as_u64().unwrap_or(0) {
                println!("debug: {n}");
            }
            text(id, "done");
        }
        "flood" => {
            let line = "e".repeat(200);
            for _ in 0..size() / 200 {
                eprintln!("{line}");
            }
            text(id, "done");
        }
        "progress" => {
            let token = &params["_meta"]["progressToken"];
            for step in 1..=arguments["steps"].as_u64().unwrap_or(3) {
                let said = json!({ "progressToken": token, "progress": step, "message": "é" });
                say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": said }));
            }
            if !arguments["never"].is_boolean() {
                text(id, "done");
            }
        }
        "log" => {
            let level = arguments["level"].as_str().unwrap_or("info");
            let wants = !memory(shared).is_modern || params["_meta"]["io.modelcontextprotocol/logLevel"].is_string();
            if wants {
                let said = json!({ "level": level, "data": arguments["text"] });
                say(&json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": said }));
            }
            if !arguments["never"].is_boolean() {
                text(id, "done");
            }
        }
        "ask" => {
            let (method, key) = (arguments["method"].as_str().unwrap_or("sampling/createMessage"), json!("mine"));
            memory(shared).asked.insert(key.to_string(), id.clone());
            say(&json!({ "jsonrpc": "2.0", "id": key, "method": method, "params": {} }));
        }
        "change" => {
            let method = arguments["method"].as_str().unwrap_or("notifications/tools/list_changed");
            let mut said = arguments["params"].as_object().cloned().unwrap_or_default();
            let memory = memory(shared);
            if memory.is_modern {
                for (id, filter) in &memory.listens {
                    let wanted = match method {
                        "notifications/tools/list_changed" => filter["toolsListChanged"] == true,
                        _ => filter["resourceSubscriptions"].as_array().is_some_and(|uris| uris.contains(&said["uri"])),
                    };
                    if wanted {
                        said.insert("_meta".to_owned(), json!({ SUBSCRIPTION: id }));
                        say(&json!({ "jsonrpc": "2.0", "method": method, "params": said }));
                    }
                }
            } else {
                say(&json!({ "jsonrpc": "2.0", "method": method, "params": said }));
            }
            drop(memory);
            text(id, "done");
        }
        "hang-up" => {
            for (id, _) in memory(shared).listens.drain(..) {
                say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
            }
            text(id, "done");
        }
        "confirm" if params["inputResponses"].is_null() => result(
            id,
            &json!({
                "resultType": "input_required", "requestState": "op\u{e4}que=", "inputRequests": { "sure": { "method": "elicitation/create" } },
            }),
        ),
        "confirm" => text(id, format!("{} {}", params["requestState"], params["inputResponses"])),
        "spawn" => match process::Command::new("sleep").arg("1000").stdin(process::Stdio::null()).spawn() {
            Ok(child) => text(id, child.id().to_string()),
            Err(why) => error(id, -32603, &why.to_string()),
        },
        other => error(id, -32602, &format!("Unknown tool: {other}")),
    }
}
