//! What a connection does over and over: one request, or the few that belong together.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};

use crate::{
    floors::LAST,
    wire::{self, Line, Template},
};

/// A lap over a connection, again and again.
pub(crate) trait Course: Send + 'static {
    /// One lap. `false`: there was nothing left to do, and nothing was done.
    fn lap(&mut self, line: &mut Line) -> impl Future<Output = Result<bool>> + Send;
}

/// The same request each time.
#[derive(Debug, Clone)]
pub(crate) struct Repeat {
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    /// What is in the answer's body if it is the one that is meant, where the status does not tell.
    pub(crate) holds: &'static str,
}

impl Course for Repeat {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let answer = line.expect(&self.request, self.status).await?;
        let body = std::str::from_utf8(answer.body)?;
        if !body.contains(self.holds) {
            bail!("there is no {} in the answer: {body}", self.holds);
        }
        Ok(true)
    }
}

/// A stream from its begin to its end each time.
#[derive(Debug, Clone)]
pub(crate) struct Drain {
    pub(crate) request: Vec<u8>,
    /// How long the whole stream is, in bytes.
    pub(crate) bytes: u64,
}

impl Course for Drain {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let came = line.drain(&self.request).await?;
        if came != self.bytes {
            bail!("a stream had {came} bytes instead of {}", self.bytes);
        }
        Ok(true)
    }
}

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const JSON: &str = "Content-Type: application/json";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// An authorization server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    host: SocketAddr,
    /// What its paths begin with.
    prefix: &'static str,
    /// Whether it asks somebody, so that the answer is waited for at another address.
    asks: bool,
}

impl Site {
    /// The one of the MCP TypeScript SDK.
    pub(crate) const fn of_the_sdk(host: SocketAddr) -> Self {
        Self { host, prefix: "", asks: false }
    }

    fn path(self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }
}

/// Doorward.
impl From<SocketAddr> for Site {
    fn from(host: SocketAddr) -> Self {
        Self { host, prefix: "/oauth", asks: true }
    }
}

/// Registers programs that Doorward has not seen before, as a first start does.
#[derive(Debug)]
pub(crate) struct Register {
    site: Site,
    /// Each program comes on a connection of its own, so that Doorward has to find out whose it is.
    anew: bool,
    template: Template,
    next: u32,
    step: u32,
    /// How many it still has to register.
    left: u32,
    /// The clients it registered.
    pub(crate) clients: Vec<String>,
}

impl Register {
    /// The course of one of `of` connections for `left` programs; the first is number `first`, and no two connections
    /// share one.
    pub(crate) fn new(site: impl Into<Site>, callback: u16, first: u32, of: u32, left: u32) -> Result<Self> {
        let site = site.into();
        Ok(Self { site, anew: false, template: registration(site, callback, first)?, next: first, step: of, left, clients: Vec::new() })
    }

    /// The same, on a new connection for each program or on one for all.
    pub(crate) fn anew(self, anew: bool) -> Self {
        Self { anew, ..self }
    }

    /// The number no program had yet.
    pub(crate) const fn next(&self) -> u32 {
        self.next
    }
}

/// The registration of a program that is told from others by its number.
fn registration(site: Site, callback: u16, first: u32) -> Result<Template> {
    let name = number(first);
    let body = format!(
        r#"{{"client_name":"Program {name}","redirect_uris":["http://127.0.0.1:{callback}/callback"],"token_endpoint_auth_method":"none"}}"#
    );
    Template::new(wire::post(site.host, &site.path("register"), &[JSON], &body), &[&name])
}

fn number(number: u32) -> String {
    format!("{number:010}")
}

impl Course for Register {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        if self.anew {
            *line = Line::connect(self.site.host).await?;
        }
        let request = self.template.with(&[&number(self.next)])?;
        let answer = line.expect(request, 201).await?;
        self.clients.push(answer.member("client_id")?.to_owned());
        self.next += self.step;
        Ok(true)
    }
}

/// Registers under one new name after the other, whatever the answer: a program that has gone wrong, or wants to.
#[derive(Debug)]
pub(crate) struct FloodOf {
    template: Template,
    next: u32,
    left: u32,
}

impl FloodOf {
    /// The course of one connection for `left` registrations; the first is number `first`.
    pub(crate) fn new(host: SocketAddr, callback: u16, first: u32, left: u32) -> Result<Self> {
        Ok(Self { template: registration(host.into(), callback, first)?, next: first, left })
    }
}

impl Course for FloodOf {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        (self.left, self.next) = (left, self.next + 1);
        let answer = line.ask(self.template.with(&[&number(self.next)])?).await?;
        match answer.status {
            201 | 429 => Ok(true),
            other => bail!("a registration was answered with {other}"),
        }
    }
}

/// A client with what it was given last: a code or a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) client: String,
    pub(crate) secret: String,
}

/// Asks for access to the guarded server, waits for the person's answer, and gets a code: two requests.
#[derive(Debug)]
pub(crate) struct Authorize {
    site: Site,
    template: Template,
    /// The clients that did not ask yet.
    pub(crate) clients: Vec<String>,
    /// The codes it was given.
    pub(crate) codes: Vec<Holder>,
}

impl Authorize {
    pub(crate) fn new(site: impl Into<Site>, callback: u16, clients: Vec<String>) -> Result<Self> {
        let site = site.into();
        let example = clients.first().context("nobody registered")?;
        let target = format!(
            "{}?response_type=code&client_id={example}&redirect_uri={}&state=0123456789abcdef&code_challenge={CHALLENGE}\
             &code_challenge_method=S256&resource=http%3A%2F%2F127.0.0.1%3A{}%2Fmcp%2Fecho",
            site.path("authorize"),
            redirect(callback),
            site.host.port()
        );
        let template = Template::new(wire::get(site.host, &target), &[example])?;
        Ok(Self { site, template, clients, codes: Vec::new() })
    }
}

/// Where the codes go, percent-encoded.
fn redirect(callback: u16) -> String {
    format!("http%3A%2F%2F127.0.0.1%3A{callback}%2Fcallback")
}

impl Course for Authorize {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let Some(client) = self.clients.pop() else { return Ok(false) };
        let mut back = line.expect(self.template.with(&[&client])?, 303).await?.location()?.to_owned();
        if self.site.asks {
            back = line.expect(&wire::get(self.site.host, &back), 303).await?.location()?.to_owned();
        }
        let Some((_, code)) = back.split_once("code=") else { bail!("no code: {back}") };
        let code = code.split('&').next().unwrap_or_default().to_owned();
        self.codes.push(Holder { client, secret: code });
        Ok(true)
    }
}

/// Exchanges codes for tokens.
#[derive(Debug)]
pub(crate) struct Redeem {
    template: Template,
    codes: Vec<Holder>,
    /// The refresh tokens it was given.
    pub(crate) refresh: Vec<Holder>,
}

impl Redeem {
    pub(crate) fn new(site: impl Into<Site>, callback: u16, codes: Vec<Holder>) -> Result<Self> {
        let site = site.into();
        let Holder { client, secret } = codes.first().context("there are no codes")?;
        let body = format!(
            "grant_type=authorization_code&client_id={client}&code={secret}&code_verifier={VERIFIER}&redirect_uri={}",
            redirect(callback)
        );
        let template = Template::new(wire::post(site.host, &site.path("token"), &[FORM], &body), &[client, secret])?;
        Ok(Self { template, codes, refresh: Vec::new() })
    }
}

impl Course for Redeem {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let Some(Holder { client, secret }) = self.codes.pop() else { return Ok(false) };
        let answer = line.expect(self.template.with(&[&client, &secret])?, 200).await?;
        let secret = answer.member("refresh_token")?.to_owned();
        self.refresh.push(Holder { client, secret });
        Ok(true)
    }
}

/// Exchanges refresh tokens for new ones, each token's successor in its turn.
#[derive(Debug)]
pub(crate) struct Refresh {
    template: Template,
    turn: usize,
    /// The current token of each client.
    pub(crate) tokens: Vec<Holder>,
    /// The access token that came last.
    pub(crate) access: String,
}

impl Refresh {
    pub(crate) fn new(site: impl Into<Site>, tokens: Vec<Holder>) -> Result<Self> {
        let site = site.into();
        let Holder { client, secret } = tokens.first().context("there are no refresh tokens")?;
        let body = format!("grant_type=refresh_token&client_id={client}&refresh_token={secret}");
        let template = Template::new(wire::post(site.host, &site.path("token"), &[FORM], &body), &[client, secret])?;
        Ok(Self { template, turn: 0, tokens, access: String::new() })
    }
}

impl Course for Refresh {
    async fn lap(&mut self, line: &mut Line) -> Result<bool> {
        let holder = &mut self.tokens[self.turn];
        let answer = line.expect(self.template.with(&[&holder.client, &holder.secret])?, 200).await?;
        answer.member("refresh_token")?.clone_into(&mut holder.secret);
        answer.member("access_token")?.clone_into(&mut self.access);
        self.turn = (self.turn + 1) % self.tokens.len();
        Ok(true)
    }
}

/// The server `echo` asks about a token.
pub(crate) fn introspect(host: SocketAddr, credential: &str, token: &str) -> Vec<u8> {
    wire::post(host, "/oauth/introspect", &[FORM], &format!("client_id=echo&client_secret={credential}&token={token}"))
}

/// Where a message goes: the server, the path there, and further header lines.
#[derive(Debug, Clone)]
pub(crate) struct To {
    pub(crate) host: SocketAddr,
    target: &'static str,
    headers: Vec<String>,
}

impl To {
    /// A server that asks for nothing.
    pub(crate) const fn open(host: SocketAddr) -> Self {
        Self { host, target: "/", headers: Vec::new() }
    }

    /// A server behind Doorward, with a token.
    pub(crate) fn guarded(host: SocketAddr, target: &'static str, token: &str) -> Self {
        Self { host, target, headers: vec![format!("Authorization: Bearer {token}")] }
    }

    /// The same in a session that a client of before began (MCP 2025-11-25).
    pub(crate) fn in_session(&self, session: &str) -> Self {
        let mut this = self.clone();
        this.headers.push(format!("Mcp-Session-Id: {session}"));
        this.headers.push("MCP-Protocol-Version: 2025-11-25".to_owned());
        this
    }

    fn post(&self, message: &str) -> Vec<u8> {
        let headers = [JSON, "Accept: application/json, text/event-stream"].into_iter();
        let headers: Vec<&str> = headers.chain(self.headers.iter().map(String::as_str)).collect();
        wire::post(self.host, self.target, &headers, message)
    }
}

/// A small call of the tool that gives back what it is sent.
pub(crate) fn call(to: &To) -> Vec<u8> {
    to.post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}"#)
}

/// The same of a tool that nobody allowed, since there is none of this name.
pub(crate) fn call_of_none(to: &To) -> Vec<u8> {
    to.post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none","arguments":{"text":"hello"}}}"#)
}

/// A call that is answered with a stream of `bytes` bytes in events of `event` bytes, and the answer after them.
pub(crate) fn stream(to: &To, event: u64, bytes: u64) -> Drain {
    let arguments = format!(r#"{{"event":{event},"bytes":{bytes}}}"#);
    let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"events","arguments":{arguments}}}}}"#);
    Drain { request: to.post(&message), bytes: bytes + LAST.len() as u64 }
}

/// The begin of a session.
pub(crate) fn initialize(to: &To) -> Vec<u8> {
    to.post(
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#,
    )
}

/// The stream on which a server says in a session what it was not asked for.
pub(crate) fn listen(to: &To) -> Vec<u8> {
    let headers: String = to.headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{headers}\r\n", to.target, to.host).into_bytes()
}
