//! `token`: a code or a refresh token is exchanged for new tokens, in one transaction.

use doorward_oauth::{
    client::GrantType,
    error::{Code, OAuthError},
    exchange::{self, CodeRequest, Redemption, RefreshRequest, RefreshState, Rotation, TokenRequest, wrong_target},
    grant::{ACCESS_TOKEN_LIFETIME, Grant, UNUSED_FOR},
    id::ClientId,
    program::Program,
    scope::Scopes,
    token::{Access, Refresh, Token},
};
use rusqlite::Connection as Db;

use super::{Broker, Connection};
use crate::{
    refusal::Refusal,
    store::{Sql, clients, codes, grants, tokens},
};

/// New tokens, to be sent once and forgotten.
#[derive(Debug)]
pub struct TokenResponse {
    /// Opens the server.
    pub access: Token<Access>,
    /// Is exchanged for new ones; `None` for a client that did not register for it.
    pub refresh: Option<Token<Refresh>>,
    /// What was granted.
    pub scopes: Scopes,
}

/// What one transaction found.
enum Exchanged {
    Tokens(TokenResponse),
    Refused(OAuthError),
    /// Refused, and this grant is gone with all its tokens.
    TakenBack(OAuthError, Grant),
    /// The same, unless the program is proven to be the one the grant was given to.
    Late {
        grant: Grant,
        program: Option<String>,
    },
}

fn no(text: &'static str) -> OAuthError {
    OAuthError::new(Code::InvalidGrant, text)
}

impl Broker {
    /// Answers the token endpoint.
    ///
    /// # Errors
    /// [`Refusal::OAuth`], [`Refusal::Store`].
    pub async fn token(&self, body: &str, basic: Option<&str>, from: Connection) -> Result<TokenResponse, Refusal> {
        let request = TokenRequest::parse(body, basic)?;
        let access = Token::from_random(self.inner.world.random.draw());
        let exchanged = match request {
            TokenRequest::Code(request) => self.redeem(request, access).await?,
            TokenRequest::Refresh(request) => self.refresh(request, access).await?,
        };
        match exchanged {
            Exchanged::Tokens(tokens) => Ok(tokens),
            Exchanged::Refused(error) => Err(error.into()),
            Exchanged::TakenBack(error, grant) => {
                tracing::warn!(grant = %grant.id, %error, "a code was used again: everything it gave was taken back");
                self.close_streams(std::slice::from_ref(&grant.id));
                let detail = "Its code was used twice. Access was taken back.";
                self.record(self.grant_event(&grant, "disconnected", detail).await).await;
                Err(error.into())
            }
            Exchanged::Late { grant, program } => Err(self.late(grant, program, from).await?.into()),
        }
    }

    async fn redeem(&self, request: CodeRequest, access: Token<Access>) -> Result<Exchanged, Refusal> {
        let (issuer, key, now) = (self.issuer().clone(), self.inner.key.clone(), self.now());
        let verb = move |tx: &rusqlite::Transaction<'_>| {
            if let Some(refused) = refuse_client(tx, &request.client, GrantType::AuthorizationCode)? {
                return Ok(refused);
            }
            let Some(digest) = request.code.as_ref().map(Token::digest) else { return Ok(Exchanged::Refused(no("The code is unknown."))) };
            let Some((stored, grant_id, refreshes)) = codes::find(tx, &digest)? else {
                return Ok(Exchanged::Refused(no("The code is unknown.")));
            };
            let Some(grant) = grants::find(tx, &grant_id)? else { return Ok(Exchanged::Refused(no("The code is unknown."))) };
            match exchange::redeem(&stored, &request, &issuer, now) {
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
            codes::spend(tx, &digest)?;
            tokens::add_access(tx, &access.digest(), &grant.id, now.plus(ACCESS_TOKEN_LIFETIME))?;
            let refresh = refreshes.then(|| key.refresh_token(&grant.id, 0));
            if let Some(refresh) = &refresh {
                tokens::add_refresh(tx, &key.digest(refresh), &grant.id, 0)?;
            }
            Ok(Exchanged::Tokens(TokenResponse { access, refresh, scopes: grant.scopes }))
        };
        Ok(self.inner.store.run(verb).await?)
    }

    async fn refresh(&self, request: RefreshRequest, access: Token<Access>) -> Result<Exchanged, Refusal> {
        let (issuer, key, now) = (self.issuer().clone(), self.inner.key.clone(), self.now());
        let verb = move |tx: &rusqlite::Transaction<'_>| {
            if let Some(refused) = refuse_client(tx, &request.client, GrantType::RefreshToken)? {
                return Ok(refused);
            }
            let unknown = || Exchanged::Refused(no("The refresh token is unknown, has ended, or was taken back."));
            let Some(digest) = request.token.as_ref().map(|token| key.digest(token)) else { return Ok(unknown()) };
            let Some(stored) = tokens::find_refresh(tx, &digest)? else { return Ok(unknown()) };
            let grant = stored.grant;
            if grant.client != request.client || !grant.holds_at(now) {
                return Ok(unknown());
            }
            if !request.scope.within(&grant.scopes) {
                let error = OAuthError::new(Code::InvalidScope, "scope asks for more than was granted.");
                return Ok(Exchanged::Refused(error));
            }
            if let Some(error) = wrong_target(request.resource.as_deref(), &grant.server, &issuer) {
                return Ok(Exchanged::Refused(error));
            }
            let next = stored.generation + 1;
            match exchange::rotate(RefreshState { rotated_at: stored.rotated_at, same_program: false }, now) {
                Rotation::Rotate => {
                    tokens::mark_rotated(tx, &digest, now)?;
                    tokens::add_refresh(tx, &key.digest(&key.refresh_token(&grant.id, next)), &grant.id, next)?;
                }
                Rotation::SameSuccessor => {}
                // Which program it is costs a look-up, so it is asked only now.
                Rotation::Late | Rotation::Replayed => return Ok(Exchanged::Late { grant, program: stored.program }),
            }
            grants::used(tx, &grant.id, now, now.plus(UNUSED_FOR))?;
            tokens::add_access(tx, &access.digest(), &grant.id, now.plus(ACCESS_TOKEN_LIFETIME))?;
            let refresh = Some(key.refresh_token(&grant.id, next));
            Ok(Exchanged::Tokens(TokenResponse { access, refresh, scopes: grant.scopes }))
        };
        Ok(self.inner.store.run(verb).await?)
    }

    /// A refresh token that was exchanged long ago. From the program the grant was given to that is a session that slept;
    /// from any other it is a copy, and everything ends (decisions: refresh replay).
    async fn late(&self, grant: Grant, program: Option<String>, from: Connection) -> Result<OAuthError, Refusal> {
        let sender = self.look_up(move |peers| peers.behind(from.peer, from.ours)).await;
        let sender = sender.program().map(Program::identity);
        let same_program = sender.is_some() && sender == program;
        let long_ago = doorward_oauth::time::UnixTime::from_secs(0);
        let error = no("The refresh token was used before; use the one that came with it.");
        match exchange::rotate(RefreshState { rotated_at: Some(long_ago), same_program }, self.now()) {
            Rotation::Late => {}
            Rotation::Replayed | Rotation::Rotate | Rotation::SameSuccessor => {
                tracing::warn!(grant = %grant.id, "a refresh token was used again by another program: everything it gave was taken back");
                let id = grant.id.clone();
                self.inner.store.run(move |tx| grants::revoke(tx, &id)).await?;
                self.close_streams(std::slice::from_ref(&grant.id));
                let detail = "A copy of its token was used by another program. Access was taken back.";
                self.record(self.grant_event(&grant, "disconnected", detail).await).await;
            }
        }
        Ok(error)
    }
}

/// TK-03, TK-04, RT-07: a client that is not (any more) registered, or not for this.
fn refuse_client(db: &Db, client: &ClientId, grant_type: GrantType) -> Sql<Option<Exchanged>> {
    let Some(stored) = clients::find(db, client)? else {
        let error = OAuthError::new(Code::InvalidClient, "The client is not registered here, or not any more. Register again.");
        return Ok(Some(Exchanged::Refused(error)));
    };
    if stored.client.grant_types.contains(&grant_type) {
        return Ok(None);
    }
    let error = OAuthError::new(Code::UnauthorizedClient, format!("The client did not register for {}.", grant_type.as_str()));
    Ok(Some(Exchanged::Refused(error)))
}
