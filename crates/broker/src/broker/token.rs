//! `token`: a code, a refresh token or a device code is exchanged for new tokens, in one transaction.

use doorward_oauth::{
    arguments::visible_line,
    client::GrantType,
    error::{Code, OAuthError},
    exchange::{self, CodeRequest, Redemption, RefreshRequest, RefreshState, Rotation, TokenRequest, wrong_target},
    grant::{ACCESS_TOKEN_LIFETIME, Grant, UNUSED_FOR},
    id::GrantId,
    introspection::Claims,
    program::{Program, Sighting},
    resource::Resource,
    scope::Scopes,
    time::UnixTime,
    token::{Access, Device, Digest, Refresh, Token, VerifierKey},
};
use doorward_words::Said;
use rusqlite::Transaction;
use secrecy::{ExposeSecret, SecretString};

use super::{Broker, Connection, authenticate::Sender, authorize::allow, connection::Patience, signing::token_name};
use crate::{
    peers,
    refusal::Refusal,
    store::{
        Sql, StoreError,
        clients::StoredClient,
        codes,
        codes::{Bound, Found},
        grants, programs,
        programs::Part,
        tokens,
    },
};

/// New tokens, to be sent once and forgotten.
#[derive(Debug)]
pub struct TokenResponse {
    /// Opens the server.
    pub access: AccessToken,
    /// Is exchanged for new ones; `None` for a client that did not register for it.
    pub refresh: Option<Token<Refresh>>,
    /// What was granted.
    pub scopes: Scopes,
}

/// An access token, as its server takes it.
#[derive(Debug)]
pub enum AccessToken {
    /// 256 random bits: for a server behind Doorward, which looks them up.
    Opaque(Token<Access>),
    /// A signed statement: for a server that validates tokens itself (RFC 9068).
    Signed(SecretString),
}

impl AccessToken {
    /// The text itself. Each call says in a comment why it must be seen.
    pub fn reveal(&self) -> &str {
        match self {
            Self::Opaque(token) => token.reveal(),
            Self::Signed(text) => text.expose_secret(),
        }
    }
}

/// What one transaction gave.
struct Given {
    grant: Grant,
    refresh: Option<Token<Refresh>>,
    scopes: Scopes,
    /// Older grants that made room for it.
    ended: Vec<GrantId>,
}

/// What one transaction found.
enum Exchanged {
    Tokens(Given),
    Refused(OAuthError),
    /// Refused, and this grant is gone with all its tokens.
    TakenBack(OAuthError, Grant),
    /// The same, unless the program is proven to be the one the grant was given to.
    Late {
        grant: Grant,
        program: Option<String>,
    },
    /// Refused: another program waited for the code.
    WrongProgram {
        grant: Grant,
        /// The name of the one that did.
        listener: String,
        sender: Sighting,
        /// Whether it is the first attempt.
        first: bool,
    },
}

/// Who sends a token request.
#[derive(Debug)]
pub struct TokenSender<'a> {
    /// The connection it came on.
    pub connection: &'a Connection,
    /// The page that sends it (Fetch, "`Origin` header"). A browser says so, and any other program can.
    pub origin: Option<&'a str>,
}

/// Stores the first tokens of a grant: an access token, and a refresh token for a client that registered for it.
fn first_tokens(
    tx: &Transaction<'_>,
    key: &VerifierKey,
    access: &Digest<Access>,
    grant: &Grant,
    refreshes: bool,
    now: UnixTime,
) -> Sql<Option<Token<Refresh>>> {
    tokens::add_access(tx, access, &grant.id, now.plus(ACCESS_TOKEN_LIFETIME), None)?;
    let refresh = refreshes.then(|| key.refresh_token(&grant.id, 0));
    if let Some(refresh) = &refresh {
        tokens::add_refresh(tx, &key.digest(refresh), &grant.id, 0)?;
    }
    Ok(refresh)
}

/// Whether a code may be redeemed by a program: by the family of the one that waited for it, or by a page that this one serves, in
/// the browser that the code went through.
fn lets(bound: &Bound, redeemer: &Sighting, origin: Option<&str>) -> bool {
    let Some(redeemer) = redeemer.program() else { return false };
    let by_page = bound.page.as_ref().is_some_and(|(page, browser)| origin == Some(page) && redeemer.identity() == *browser);
    by_page || peers::may_redeem(redeemer, &bound.listener)
}

fn no(text: &'static str) -> OAuthError {
    OAuthError::new(Code::InvalidGrant, text)
}

impl Broker {
    /// Answers the token endpoint. `authorization` is the header of that name.
    ///
    /// # Errors
    /// [`Refusal::OAuth`], [`Refusal::TooMany`], [`Refusal::Store`], [`Refusal::NoKeys`].
    pub async fn token(&self, body: &str, authorization: Option<&str>, from: TokenSender<'_>) -> Result<TokenResponse, Refusal> {
        let (params, sender) = self.sender(body, authorization)?;
        let request = TokenRequest::read(&params)?;
        // Keys that cannot be had must not cost a code: they are there before it is spent.
        if self.signs_tokens() && self.is_for_a_validating_server(&request)? {
            self.ready_to_sign().await?;
        }
        let access = Token::from_random(self.draw());
        let exchanged = match request {
            TokenRequest::Code(request) => self.redeem(request, sender, &access, &from).await?,
            TokenRequest::Refresh(request) => self.refresh(request, sender, &access).await?,
            TokenRequest::Device(code) => self.fetch_tokens(code, sender, &access, &from).await?,
        };
        match exchanged {
            Exchanged::Tokens(given) => self.hand_out(given, access).await,
            Exchanged::Refused(error) => Err(error.into()),
            Exchanged::TakenBack(error, grant) => {
                tracing::warn!(grant = %grant.id, %error, "a code was used again: everything it gave was taken back");
                self.close_streams(std::slice::from_ref(&grant.id));
                let detail = Said::plain("event-code-twice");
                self.record(self.grant_event(&grant, "disconnected", detail)).await;
                self.inner.queue.notice(&Said::plain("notice-code-twice").with("server", grant.server.to_string()));
                Err(error.into())
            }
            Exchanged::Late { grant, program } => Err(self.late(grant, program, from.connection).await?.into()),
            Exchanged::WrongProgram { grant, listener, sender, first } => {
                let detail = match sender.program() {
                    Some(sender) => Said::plain("event-other-redeemed").with("program", visible_line(&sender.name)),
                    None => Said::plain("event-unknown-redeemed"),
                }
                .with("listener", visible_line(&listener));
                tracing::warn!(grant = %grant.id, detail = detail.to_string(), "another program tried to redeem a code");
                if first {
                    self.record(self.grant_event(&grant, "refused", detail.clone())).await;
                    self.inner.queue.notice(&detail);
                }
                Err(no("The code was given to another program on this computer.").into())
            }
        }
    }

    fn is_for_a_validating_server(&self, request: &TokenRequest) -> Result<bool, StoreError> {
        let server = match request {
            TokenRequest::Code(CodeRequest { code: Some(code), .. }) => {
                self.inner.store.look_up(|db| codes::find(db, &code.digest()))?.map(|found| found.code.server)
            }
            TokenRequest::Refresh(RefreshRequest { token: Some(token), .. }) => {
                self.inner.store.look_up(|db| tokens::find_refresh(db, &self.inner.key.digest(token)))?.map(|stored| stored.grant.server)
            }
            TokenRequest::Device(Some(code)) => self.inner.devices.server_of(&code.digest()),
            TokenRequest::Code(_) | TokenRequest::Refresh(_) | TokenRequest::Device(None) => None,
        };
        Ok(server.and_then(|name| self.server_now(&name)).is_some_and(|server| server.validates))
    }

    /// Puts the tokens in the form that their server takes.
    async fn hand_out(&self, given: Given, access: Token<Access>) -> Result<TokenResponse, Refusal> {
        let Given { grant, refresh, scopes, ended } = given;
        self.close_streams(&ended);
        let resource = self.server_now(&grant.server).filter(|server| server.validates).map(|server| server.resource());
        let access = match resource {
            None => AccessToken::Opaque(access),
            Some(resource) => {
                let now = self.now();
                let narrowed = Grant { scopes: scopes.clone(), ..grant };
                let name = token_name(&access.digest());
                let claims = Claims::of(&narrowed, &resource, self.issuer(), name, now, now.plus(ACCESS_TOKEN_LIFETIME));
                AccessToken::Signed(self.sign(&claims).await?)
            }
        };
        Ok(TokenResponse { access, refresh, scopes })
    }

    /// Runs `exchange` for the client that sent the request, once it is told apart and may use this grant type.
    async fn exchange(
        &self,
        mut sender: Sender,
        grant_type: GrantType,
        exchange: impl FnOnce(&Transaction<'_>, StoredClient) -> Sql<Exchanged> + Send + 'static,
    ) -> Result<Exchanged, Refusal> {
        let verb = move |tx: &Transaction<'_>| {
            let exchanged = match sender.authenticate(tx)? {
                Err(error) => Exchanged::Refused(error),
                Ok(stored) if !stored.client.grant_types.contains(&grant_type) => {
                    let text = format!("The client did not register for {}.", grant_type.as_str());
                    Exchanged::Refused(OAuthError::new(Code::UnauthorizedClient, text))
                }
                Ok(stored) => exchange(tx, stored)?,
            };
            Ok((exchanged, sender))
        };
        let (exchanged, sender) = self.inner.store.run(verb).await?;
        self.note_failure(&sender);
        Ok(exchanged)
    }

    async fn redeem(
        &self,
        request: CodeRequest,
        sender: Sender,
        access: &Token<Access>,
        from: &TokenSender<'_>,
    ) -> Result<Exchanged, Refusal> {
        let (this, access, origin) = (self.clone(), access.digest(), from.origin.map(str::to_owned));
        let redeemer = self.program_behind(from.connection, Patience::Decision).await;
        let grant_type = GrantType::AuthorizationCode;
        let verb = move |tx: &Transaction<'_>, stored: StoredClient| {
            let now = this.now();
            let unknown = || Exchanged::Refused(no("The code is unknown."));
            let Some(digest) = request.code.as_ref().map(Token::digest) else { return Ok(unknown()) };
            let Some(Found { code, grant, refreshes, bound }) = codes::find(tx, &digest)? else { return Ok(unknown()) };
            let Some(grant) = grants::find(tx, &grant)? else { return Ok(unknown()) };
            let Some(resource) = this.resource_now(&grant) else { return Ok(unknown()) };
            match exchange::redeem(&code, &stored.client.id, &request, &resource, this.issuer(), now) {
                Redemption::Redeem => {}
                Redemption::Refuse(error) => return Ok(Exchanged::Refused(error)),
                Redemption::WrongVerifier(error) => {
                    codes::count_failure(tx, &digest)?;
                    return Ok(Exchanged::Refused(error));
                }
                Redemption::Replayed(error) => {
                    grants::revoke(tx, &grant.id)?;
                    return Ok(Exchanged::TakenBack(error, grant));
                }
            }
            if let Some(bound) = bound.filter(|bound| !lets(bound, &redeemer, origin.as_deref())) {
                codes::count_failure(tx, &digest)?;
                programs::note(tx, &grant.app, Part::Refused, &redeemer, now)?;
                let (listener, first) = (bound.listener.name, code.failures == 0);
                return Ok(Exchanged::WrongProgram { grant, listener, sender: redeemer, first });
            }
            codes::spend(tx, &digest)?;
            programs::note(tx, &grant.app, Part::Redeemed, &redeemer, now)?;
            let refresh = first_tokens(tx, &this.inner.key, &access, &grant, refreshes, now)?;
            Ok(Exchanged::Tokens(Given { scopes: grant.scopes.clone(), grant, refresh, ended: Vec::new() }))
        };
        let exchanged = self.exchange(sender, grant_type, verb).await?;
        // Who redeemed it is shown.
        self.changed();
        Ok(exchanged)
    }

    async fn refresh(&self, request: RefreshRequest, sender: Sender, access: &Token<Access>) -> Result<Exchanged, Refusal> {
        let (this, access) = (self.clone(), access.digest());
        let grant_type = GrantType::RefreshToken;
        let verb = move |tx: &Transaction<'_>, client: StoredClient| {
            let (now, key) = (this.now(), &this.inner.key);
            let unknown = || Exchanged::Refused(no("The refresh token is unknown, has ended, or was taken back."));
            let Some(digest) = request.token.as_ref().map(|token| key.digest(token)) else { return Ok(unknown()) };
            let Some(stored) = tokens::find_refresh(tx, &digest)? else { return Ok(unknown()) };
            let grant = stored.grant;
            if grant.client != client.client.id || !grant.holds_at(now) {
                return Ok(unknown());
            }
            let asked = grant.scopes.asked_again(&request.scope, &grant.server);
            if !asked.within(&grant.scopes) {
                let error = OAuthError::new(Code::InvalidScope, "scope asks for more than was granted.");
                return Ok(Exchanged::Refused(error));
            }
            let Some(resource) = this.resource_now(&grant) else { return Ok(unknown()) };
            if let Some(error) = wrong_target(request.resource.as_deref(), &resource, this.issuer()) {
                return Ok(Exchanged::Refused(error));
            }
            let next = stored.generation + 1;
            let state = RefreshState { rotated_at: stored.rotated_at, successor_used: stored.successor_used, same_program: false };
            match exchange::rotate(state, now) {
                Rotation::Rotate => {
                    tokens::mark_rotated(tx, &digest, now)?;
                    tokens::add_refresh(tx, &key.digest(&key.refresh_token(&grant.id, next)), &grant.id, next)?;
                }
                Rotation::SameSuccessor => {}
                // Which program it is costs a look-up, so it is asked only now.
                Rotation::Late | Rotation::Replayed => return Ok(Exchanged::Late { grant, program: stored.program }),
            }
            grants::used(tx, &grant.id, now, now.plus(UNUSED_FOR))?;
            let narrower = (!asked.is_empty() && asked != grant.scopes).then_some(asked);
            tokens::add_access(tx, &access, &grant.id, now.plus(ACCESS_TOKEN_LIFETIME), narrower.as_ref())?;
            let refresh = Some(key.refresh_token(&grant.id, next));
            Ok(Exchanged::Tokens(Given { scopes: narrower.unwrap_or_else(|| grant.scopes.clone()), grant, refresh, ended: Vec::new() }))
        };
        self.exchange(sender, grant_type, verb).await
    }

    /// The device authorization grant: what a person allowed is stored when its program fetches it (RFC 8628 §3.4).
    async fn fetch_tokens(
        &self,
        code: Option<Token<Device>>,
        sender: Sender,
        access: &Token<Access>,
        from: &TokenSender<'_>,
    ) -> Result<Exchanged, Refusal> {
        let (this, access) = (self.clone(), access.digest());
        let redeemer = self.program_behind(from.connection, Patience::Decision).await;
        let grant_type = GrantType::DeviceCode;
        let verb = move |tx: &Transaction<'_>, client: StoredClient| {
            let fetched = match this.fetch(code, &client.client.id, client.app.clone(), &redeemer) {
                Ok(fetched) => fetched,
                Err(error) => return Ok(Exchanged::Refused(error)),
            };
            let grant = fetched.grant;
            let Some(ended) = allow(tx, &client, &grant, fetched.program.as_deref(), &fetched.ticked)? else {
                return Ok(Exchanged::Refused(no("The server that was allowed is not there any more.")));
            };
            programs::note(tx, &grant.app, Part::Redeemed, &redeemer, this.now())?;
            let refresh = first_tokens(tx, &this.inner.key, &access, &grant, fetched.refreshes, this.now())?;
            Ok(Exchanged::Tokens(Given { scopes: grant.scopes.clone(), grant, refresh, ended }))
        };
        let exchanged = self.exchange(sender, grant_type, verb).await?;
        if matches!(exchanged, Exchanged::Tokens(_)) {
            self.inner.permits.forget();
            self.changed();
        }
        Ok(exchanged)
    }

    fn resource_now(&self, grant: &Grant) -> Option<Resource> {
        self.server_now(&grant.server).map(|server| server.resource())
    }

    /// A refresh token that was exchanged long ago. From the program the grant was given to that is a session that slept;
    /// from any other it is a copy, and everything ends (decisions: refresh replay).
    async fn late(&self, grant: Grant, program: Option<String>, from: &Connection) -> Result<OAuthError, Refusal> {
        let sender = self.program_behind(from, Patience::Decision).await;
        let sender = sender.program().map(Program::identity);
        let same_program = sender.is_some() && sender == program;
        let error = no("The refresh token was used before; use the one that came with it.");
        let long_ago = RefreshState { rotated_at: Some(UnixTime::from_secs(0)), successor_used: true, same_program };
        match exchange::rotate(long_ago, self.now()) {
            Rotation::Late => {}
            Rotation::Replayed | Rotation::Rotate | Rotation::SameSuccessor => {
                tracing::warn!(grant = %grant.id, "a refresh token was used again by another program: everything it gave was taken back");
                let id = grant.id.clone();
                self.inner.store.run(move |tx| grants::revoke(tx, &id)).await?;
                self.close_streams(std::slice::from_ref(&grant.id));
                let detail = Said::plain("event-token-copied");
                self.record(self.grant_event(&grant, "disconnected", detail)).await;
                self.inner.queue.notice(&Said::plain("notice-token-copied").with("server", grant.server.to_string()));
            }
        }
        Ok(error)
    }
}
