//! The extension Tasks (SEP-2663): calls that are answered later. A task has no thread: what it is follows from the time, and
//! from what the client answered.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};

use super::{
    META_CAPABILITIES,
    input::{self, Who},
};
use crate::{
    catalogue::content,
    failure::Failure,
    message::{Members, Request},
};

/// The name of the extension.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// How long a task is kept.
const TTL: Duration = Duration::from_secs(10 * 60);
/// How often a client should look.
const POLL: Duration = Duration::from_millis(200);
/// How many tasks are kept.
const MOST: usize = 1_000;
/// How long a task takes that does nothing in particular.
const A_WHILE: Duration = Duration::from_millis(200);
/// How long a task may take that is told how long.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// All tasks, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<HashMap<String, Task>>);

#[derive(Debug)]
struct Task {
    born: Instant,
    created: Timestamp,
    updated: Timestamp,
    work: Work,
}

/// What a task does.
#[derive(Debug)]
enum Work {
    /// Nothing but to wait.
    Waits { until: Instant, outcome: Outcome },
    /// Wants these answers first.
    Asks { open: Members, outcome: Outcome },
    /// Nothing any more.
    Cancelled,
}

/// How a task ends.
#[derive(Debug, Clone)]
enum Outcome {
    /// With the result of the tool.
    Result(Value),
    /// With an error of the protocol.
    Error(Failure),
}

impl Task {
    fn new(work: Work) -> Self {
        let now = Timestamp::now();
        Self { born: Instant::now(), created: now, updated: now, work }
    }

    /// What it is, without what belongs to that.
    fn described(&self, id: &str) -> Value {
        let status = match &self.work {
            Work::Waits { until, .. } if Instant::now() < *until => "working",
            Work::Waits { outcome: Outcome::Result(_), .. } => "completed",
            Work::Waits { outcome: Outcome::Error(_), .. } => "failed",
            Work::Asks { .. } => "input_required",
            Work::Cancelled => "cancelled",
        };
        json!({
            "taskId": id,
            "status": status,
            "createdAt": self.created.to_string(),
            "lastUpdatedAt": self.updated.to_string(),
            "ttlMs": milliseconds(TTL),
            "pollIntervalMs": milliseconds(POLL),
        })
    }

    /// What it is, with its requests or its outcome.
    fn detailed(&self, id: &str) -> Value {
        let mut task = self.described(id);
        match &self.work {
            Work::Waits { until, .. } if Instant::now() < *until => {}
            Work::Waits { outcome: Outcome::Result(result), .. } => task["result"] = result.clone(),
            Work::Waits { outcome: Outcome::Error(failure), .. } => task["error"] = failure.error(),
            Work::Asks { open, .. } => task["inputRequests"] = json!(open),
            Work::Cancelled => {}
        }
        task
    }

    fn is_over(&self) -> bool {
        match &self.work {
            Work::Waits { until, .. } => Instant::now() >= *until,
            Work::Asks { .. } => false,
            Work::Cancelled => true,
        }
    }
}

impl Tasks {
    /// Begins a task and gives the result that says so.
    fn begin(&self, work: Work) -> Result<Value, Failure> {
        let mut id = [0_u8; 16];
        SystemRandom::new().fill(&mut id).map_err(|_| Failure::internal("There are no random bytes"))?;
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let task = Task::new(work);
        let mut created = task.described(&id);
        created["resultType"] = json!("task");
        let mut all = self.0.lock().expect("nobody panics with it");
        all.retain(|_, task| task.born.elapsed() < TTL);
        if all.len() == MOST {
            return Err(Failure::internal("There are too many tasks"));
        }
        all.insert(id, task);
        Ok(created)
    }

    /// `tasks/get`.
    pub(super) fn get(&self, request: &Request) -> Result<Value, Failure> {
        self.with(request, |id, task| task.detailed(id))
    }

    /// `tasks/update`: takes answers. Answers to what is not asked do no harm.
    pub(super) fn update(&self, request: &Request) -> Result<Value, Failure> {
        let answers = request.params.get("inputResponses").and_then(Value::as_object);
        let answers = answers.ok_or_else(|| Failure::invalid_params("inputResponses must be an object"))?;
        self.with(request, |_, task| {
            if let Work::Asks { open, outcome } = &mut task.work {
                open.retain(|key, _| !answers.contains_key(key));
                task.updated = Timestamp::now();
                if open.is_empty() {
                    task.work = waits(Duration::ZERO, outcome.clone());
                }
            }
            json!({})
        })
    }

    /// `tasks/cancel`. What is over stays what it is.
    pub(super) fn cancel(&self, request: &Request) -> Result<Value, Failure> {
        self.with(request, |_, task| {
            if !task.is_over() {
                task.work = Work::Cancelled;
                task.updated = Timestamp::now();
            }
            json!({})
        })
    }

    fn with(&self, request: &Request, act: impl FnOnce(&str, &mut Task) -> Value) -> Result<Value, Failure> {
        need_tasks(request)?;
        let id = request.text("taskId")?;
        let mut all = self.0.lock().expect("nobody panics with it");
        let task = all.get_mut(id).ok_or_else(|| Failure::invalid_params(format!("There is no task {id}")))?;
        Ok(act(id, task))
    }
}

/// What a call comes to.
enum Begun {
    /// A task that does this.
    Task(Work),
    /// A result that takes the place of a task.
    Result(Value),
}

/// Calls a tool that becomes a task; `None` for every other tool.
pub(super) async fn call(tasks: &Tasks, request: &Request) -> Option<Result<Value, Failure>> {
    let begun = match request.text("name").ok()? {
        "slow_compute" => Ok(compute(request).await),
        name => begin(name, request)?,
    };
    Some(begun.and_then(|begun| match begun {
        Begun::Task(work) => tasks.begin(work),
        Begun::Result(result) => Ok(result),
    }))
}

/// The only one that does without tasks: a client that knows none waits.
async fn compute(request: &Request) -> Begun {
    let seconds = request.arguments().get("seconds").and_then(Value::as_f64).unwrap_or_default();
    let wait = Duration::try_from_secs_f64(seconds).unwrap_or_default().min(LONGEST);
    let result = content::said(format!("Computed for {seconds} seconds."));
    if need_tasks(request).is_ok() {
        return Begun::Task(waits(wait, Outcome::Result(result)));
    }
    tokio::time::sleep(wait).await;
    Begun::Result(result)
}

fn begin(name: &str, request: &Request) -> Option<Result<Begun, Failure>> {
    let work = match name {
        "failing_job" => waits(A_WHILE, Outcome::Result(content::failed("The job failed."))),
        "protocol_error_job" => waits(A_WHILE, Outcome::Error(Failure::internal("The job broke the protocol."))),
        "confirm_delete" => asks(&["confirm"]),
        "multi_input" => asks(&["first", "second"]),
        "test_tool_with_task" => return Some(need_tasks(request).and_then(|()| greet(request))),
        _ => return None,
    };
    Some(need_tasks(request).map(|()| Begun::Task(work)))
}

/// Asks first, and becomes a task then.
fn greet(request: &Request) -> Result<Begun, Failure> {
    Ok(match input::who(request)? {
        Who::Said(name) => Begun::Task(waits(A_WHILE, Outcome::Result(content::said(format!("Hello, {name}!"))))),
        Who::Asked(asking) => Begun::Result(asking),
    })
}

fn waits(time: Duration, outcome: Outcome) -> Work {
    Work::Waits { until: Instant::now() + time, outcome }
}

fn asks(keys: &[&str]) -> Work {
    let schema = json!({ "type": "object", "properties": { "confirm": { "type": "boolean" } }, "required": ["confirm"] });
    let request = json!({ "method": "elicitation/create", "params": { "message": "Go on?", "requestedSchema": schema } });
    let open = keys.iter().map(|key| ((*key).to_owned(), request.clone())).collect();
    Work::Asks { open, outcome: Outcome::Result(content::said("Went on.")) }
}

fn need_tasks(request: &Request) -> Result<(), Failure> {
    let declared = request.meta(META_CAPABILITIES).is_some_and(|capabilities| !capabilities["extensions"][EXTENSION].is_null());
    if declared { Ok(()) } else { Err(Failure::missing_capability(&json!({ "extensions": { EXTENSION: {} } }))) }
}

/// Whole milliseconds, as the extension counts.
fn milliseconds(time: Duration) -> Value {
    json!(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
