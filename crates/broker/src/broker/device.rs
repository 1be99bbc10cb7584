//! `device`: a program without a browser asks, and fetches the answer itself (RFC 8628).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    arguments::visible_line,
    authorize::resource_asked_for,
    client::GrantType,
    consent::{Asker, Connecting, ConsentDecision, ConsentKind, ConsentRequest, How, Unanswered},
    device::{INTERVAL, Pace, UserCode},
    error::{Code, OAuthError},
    grant::{Grant, UNUSED_FOR},
    id::{AppId, ClientId, GrantId, ServerName},
    program::{Program, Sighting},
    redirect::Destination,
    scope::Scopes,
    time::UnixTime,
    token::{Device, Digest, Token},
};
use doorward_words::Said;
use serde::Serialize;

use super::{
    Broker, Connection,
    authorize::{process_of, unanswered},
    block::said_no,
    connection::Patience,
    ends::Namesakes,
    offers::{Shown, Ticked},
    tickets::Outcome,
};
use crate::{
    peers,
    refusal::Refusal,
    store::{clients, clients::StoredClient, events::Event, grants},
};

/// How many requests there are at once; further ones are turned away.
const MOST: usize = 50;
/// How long a request is remembered after its end, so that a late poll is told that it is late.
const LATE: Duration = Duration::from_secs(600);

/// The answer to a device authorization request (RFC 8628 §3.2).
#[derive(Debug, Serialize)]
pub struct DeviceResponse {
    /// What the program fetches the answer with.
    pub device_code: String,
    /// What the program shows, and the window shows too.
    pub user_code: UserCode,
    /// A page that says where to answer.
    pub verification_uri: String,
    /// For how many seconds the codes are good.
    pub expires_in: u64,
    /// How many seconds to wait between two polls.
    pub interval: u64,
}

/// The requests of programs that poll.
#[derive(Default)]
pub(super) struct Devices {
    by_code: Mutex<HashMap<Digest<Device>, Polling>>,
}

struct Polling {
    client: ClientId,
    /// The App that the question is about: the yes is for no other (SEC-C4).
    app: AppId,
    server: ServerName,
    scopes: Scopes,
    refreshes: bool,
    program: Option<Program>,
    shown: Shown,
    ends_at: UnixTime,
    pace: Pace,
    outcome: Option<Outcome>,
    /// Whether a person was told that another program polls with its code.
    told: bool,
}

/// What a person allowed to a program that polls.
pub(super) struct Fetched {
    pub(super) grant: Grant,
    pub(super) refreshes: bool,
    pub(super) program: Option<String>,
    pub(super) ticked: Ticked,
}

impl Devices {
    fn add(&self, code: Digest<Device>, polling: Polling) -> bool {
        let mut devices = self.lock();
        if devices.len() >= MOST {
            return false;
        }
        devices.insert(code, polling);
        true
    }

    fn settle(&self, code: &Digest<Device>, outcome: Outcome) {
        if let Some(polling) = self.lock().get_mut(code) {
            polling.outcome = Some(outcome);
        }
    }

    /// The server that a request is about.
    pub(super) fn server_of(&self, code: &Digest<Device>) -> Option<ServerName> {
        self.lock().get(code).map(|polling| polling.server.clone())
    }

    pub(super) fn sweep(&self, now: UnixTime) {
        self.lock().retain(|_, polling| now < polling.ends_at.plus(LATE));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest<Device>, Polling>> {
        self.by_code.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Takes a device authorization request and puts its question at once: the person sits at this computer.
    ///
    /// # Errors
    /// [`Refusal::OAuth`], [`Refusal::TooMany`], [`Refusal::Store`].
    pub async fn authorize_device(&self, body: &str, authorization: Option<&str>, from: Connection) -> Result<DeviceResponse, Refusal> {
        let (params, sender) = self.sender(body, authorization)?;
        params.each_at_most_once(&["client_id", "client_secret", "scope", "resource"])?;
        self.know_sender(&sender.credentials.client).await?;
        let stored = self.authenticated(sender).await?;
        if !stored.client.grant_types.contains(&GrantType::DeviceCode) {
            return Err(OAuthError::new(Code::UnauthorizedClient, "The client did not register for the device authorization grant.").into());
        }
        let asked = Scopes::parse(params.once("scope").unwrap_or_default());
        let asked = asked.map_err(|error| OAuthError::new(Code::InvalidScope, error.to_string()))?;
        let server = resource_asked_for(params.once("resource"), &asked, self.issuer(), &self.resources_now())?;
        if self.is_blocked(&stored.app) {
            let name = stored.client.name.as_ref().map(|name| name.as_str().to_owned());
            self.record_blocked(&stored.app, name, server).await;
            return Err(unanswered(Unanswered::Blocked).into());
        }
        if let Some(paused) = self.paused_for(&stored.app, &server) {
            return Err(OAuthError::new(Code::TemporarilyUnavailable, paused.to_string()).into());
        }
        let requester = self.program_behind(&from, Patience::Question).await;
        let (code, user_code) = (Token::<Device>::from_random(self.draw()), UserCode::from_random(self.draw()));
        let lifetime = self.config().patience();
        let again =
            self.inner.store.look_up(|db| grants::newest(db, &stored.app, &server))?.is_some_and(|grant| grant.holds_at(self.now()));
        let shown = self.shown(&stored.app, &server, again).await?;
        let polling = Polling {
            client: stored.client.id.clone(),
            app: stored.app.clone(),
            scopes: asked.grantable_at(&server, &self.policy().registration),
            server,
            refreshes: stored.client.grant_types.contains(&GrantType::RefreshToken),
            program: requester.program().cloned(),
            shown,
            ends_at: self.now().plus(lifetime),
            pace: Pace::default(),
            outcome: None,
            told: false,
        };
        let question = self.device_question(&polling, &stored, user_code.clone(), requester)?;
        if self.too_many_questions(&question) || !self.inner.devices.add(code.digest(), polling) {
            return Err(Refusal::TooMany { retry_after: INTERVAL.as_secs() });
        }
        self.put(code.digest(), stored.app, question);
        Ok(DeviceResponse {
            // REVEAL: the answer is where the code is handed out.
            device_code: code.reveal().to_owned(),
            user_code,
            verification_uri: self.issuer().at("/oauth/device"),
            expires_in: lifetime.as_secs(),
            interval: INTERVAL.as_secs(),
        })
    }

    fn device_question(
        &self,
        polling: &Polling,
        stored: &StoredClient,
        user_code: UserCode,
        requester: Sighting,
    ) -> Result<ConsentRequest, Refusal> {
        let registrant = self.inner.store.look_up(|db| clients::registrant(db, &stored.client.id))?;
        let Namesakes { known_as, looks_like } = self.namesakes(&stored.app)?;
        let connecting = Connecting {
            asker: Asker {
                client_name: stored.client.name.clone(),
                client: stored.client.id.clone(),
                requester: requester.clone(),
                registrant: registrant.unwrap_or(Sighting::Nobody),
            },
            how: How::Device { user_code },
            scopes: polling.scopes.clone(),
            destination: Destination::Fetched,
            redirect_uri: String::new(),
            // The program that asks is the one that will fetch the answer.
            listener: requester,
            number: None,
            offer: polling.shown.offer.clone(),
            temporary: polling.shown.temporary,
            links: stored.client.links(),
            known_as,
            looks_like,
        };
        Ok(ConsentRequest {
            server: polling.server.clone(),
            kind: ConsentKind::Connect(Box::new(connecting)),
            may_take_focus: false,
            asked_at: self.now(),
        })
    }

    /// Puts the question up in a task of its own: no connection waits for its answer.
    fn put(&self, code: Digest<Device>, app: AppId, question: ConsentRequest) {
        let this = self.clone();
        tokio::spawn(async move {
            this.changed();
            let name = question.kind.asker().and_then(|asker| asker.client_name.clone());
            let program = question.kind.behind().map(|program| program.file().to_owned());
            let server = question.server.clone();
            let outcome = if this.inner.denials.is_fresh(&app, &server, this.now()) {
                Err(Unanswered::JustDenied)
            } else {
                this.ask_unless_blocked(&app, question).await
            };
            this.inner.devices.settle(&code, outcome.clone());
            let (said, detail) = match outcome {
                // Written down with the grant, when the program fetches it.
                Ok(ConsentDecision::Allow(_)) => return this.changed(),
                Ok(ConsentDecision::Deny(denial)) => {
                    this.inner.denials.note(app.clone(), server.clone(), this.now());
                    this.heed(&app, &denial).await;
                    ("denied", said_no(&denial))
                }
                Err(why) => (why.as_outcome(), why.to_the_person()),
            };
            let client_name = name.map(|name| name.as_str().to_owned());
            this.record(Event { client_name, program, ..Event::new(this.now(), said, server, detail) }).await;
        });
    }

    /// What a poll finds: an answer once, and until then the reason to wait.
    pub(super) fn fetch(
        &self,
        code: Option<Token<Device>>,
        client: &ClientId,
        app: AppId,
        sender: &Sighting,
    ) -> Result<Fetched, OAuthError> {
        let unknown = || OAuthError::new(Code::InvalidGrant, "The device code is unknown, or was used already.");
        let code = code.ok_or_else(unknown)?.digest();
        let now = self.now();
        let mut devices = self.inner.devices.lock();
        let polling = devices.get_mut(&code).filter(|polling| polling.client == *client && polling.app == app).ok_or_else(unknown)?;
        if let Some(program) = &polling.program
            && !sender.program().is_some_and(|sender| peers::may_redeem(sender, program))
        {
            let text = Said::plain("event-other-polled").with("program", visible_line(&program.name));
            tracing::warn!(text = text.to_string(), "another program used a device code");
            if !std::mem::replace(&mut polling.told, true) {
                self.inner.queue.notice(&text);
            }
            return Err(OAuthError::new(Code::InvalidGrant, "The device code was given to another program on this computer."));
        }
        let permission = match polling.outcome.clone() {
            None if now < polling.ends_at => return Err(polling.pace.poll(now)),
            Some(Ok(ConsentDecision::Allow(permission))) if now < polling.ends_at => permission,
            None | Some(Ok(ConsentDecision::Allow(_)) | Err(Unanswered::TimedOut)) => {
                devices.remove(&code);
                return Err(OAuthError::new(Code::ExpiredToken, "The device code has ended."));
            }
            Some(Ok(ConsentDecision::Deny(_))) => {
                devices.remove(&code);
                return Err(OAuthError::new(Code::AccessDenied, "The user denied the request."));
            }
            Some(Err(why)) => {
                devices.remove(&code);
                return Err(unanswered(why));
            }
        };
        let polling = devices.remove(&code).ok_or_else(unknown)?;
        drop(devices);
        let process = polling.program.as_ref().map(process_of);
        let ticked = self.ticked(&polling.shown, &permission, &polling.scopes, &polling.server, process);
        let grant = Grant {
            id: GrantId::new(self.milliseconds(), self.draw()),
            app,
            client: polling.client,
            server: polling.server,
            scopes: ticked.scopes.clone(),
            created_at: now,
            last_used_at: None,
            ends_at: now.plus(UNUSED_FOR),
        };
        Ok(Fetched { grant, refreshes: polling.refreshes, program: polling.program.as_ref().map(Program::identity), ticked })
    }
}
