//! A program that wants in, over plain sockets.

use std::{net::SocketAddr, process::Command, sync::Arc};

use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    flow::{PING, VERIFIER, challenge, form, tokens_of},
    http::{self, Answer},
};

/// What a browser says about itself when a person follows a link.
pub const BROWSER: [&str; 3] = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"];

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A program that registered and waits for its answers on a port of its own.
pub struct Caller {
    pub name: String,
    pub client: String,
    to: SocketAddr,
    listener: Arc<TcpListener>,
}

impl Caller {
    /// Registers at the Doorward on `port`.
    pub async fn register(port: u16, name: &str) -> Self {
        Self::register_with(port, name, json!({})).await
    }

    /// Registers with more members than the usual ones.
    pub async fn register_with(port: u16, name: &str, more: Value) -> Self {
        let mut this = Self::listen(port, name).await;
        let mut body = this.metadata();
        for (member, value) in more.as_object().expect("members") {
            body[member] = value.clone();
        }
        let answer = this.send("POST", "/oauth/register", &["Content-Type: application/json"], &body.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["client_id"].as_str().expect("an id").clone_into(&mut this.client);
        this
    }

    /// Has another program, curl, do the registration.
    pub async fn register_through_curl(port: u16, name: &str) -> Self {
        let mut this = Self::listen(port, name).await;
        let (url, body) = (format!("http://{}/oauth/register", this.to), this.metadata().to_string());
        let curl = Command::new("curl").args(["--silent", "--json", &body, &url]).output().expect("curl runs");
        let answer: Value = serde_json::from_slice(&curl.stdout).expect("JSON");
        answer["client_id"].as_str().expect("an id").clone_into(&mut this.client);
        this
    }

    async fn listen(port: u16, name: &str) -> Self {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.expect("a port"));
        Self { name: name.to_owned(), client: String::new(), to: SocketAddr::from(([127, 0, 0, 1], port)), listener }
    }

    fn metadata(&self) -> Value {
        json!({ "client_name": self.name, "redirect_uris": [self.redirect()] })
    }

    /// Where its answers go, as shown to people.
    pub fn place(&self) -> String {
        self.listener.local_addr().expect("bound").to_string()
    }

    fn redirect(&self) -> String {
        format!("http://{}/callback", self.place())
    }

    fn host(&self) -> String {
        self.to.to_string()
    }

    async fn send(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        http::raw(self.to, http::request(method, target, &self.host(), headers, body).as_bytes()).await
    }

    /// Asks for the server `everything` and gives the path of the ticket.
    pub async fn ticket(&self, headers: &[&str]) -> String {
        self.ticket_for(None, headers).await
    }

    async fn ticket_for(&self, scope: Option<&str>, headers: &[&str]) -> String {
        let (redirect, resource, challenge) = (self.redirect(), format!("http://{}/mcp/everything", self.to), challenge(VERIFIER));
        let mut query = form(&[
            ("response_type", "code"),
            ("client_id", &self.client),
            ("redirect_uri", &redirect),
            ("state", "state-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ]);
        if let Some(scope) = scope {
            query = format!("{query}&{}", form(&[("scope", scope)]));
        }
        let answer = self.get(&format!("/oauth/authorize?{query}"), headers).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").expect("a ticket").to_owned()
    }

    /// Registers a program without a browser at the Doorward on `port`, has it ask for the server `everything`, and gives the
    /// code that it shows and the one that it polls with.
    pub async fn ask_as_device(port: u16, name: &str) -> (Self, String, String) {
        let mut this = Self::listen(port, name).await;
        let body = json!({ "client_name": name, "grant_types": [DEVICE_GRANT] }).to_string();
        let answer = this.send("POST", "/oauth/register", &["Content-Type: application/json"], &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["client_id"].as_str().expect("an id").clone_into(&mut this.client);
        let pairs = form(&[("client_id", &this.client), ("scope", "everything")]);
        let answer = this.send("POST", "/oauth/device_authorization", &[FORM], &pairs).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |member: &str| answer.json()[member].as_str().expect("a code").to_owned();
        (this, text("user_code"), text("device_code"))
    }

    /// Asks whether the answer is there.
    pub async fn poll(&self, device_code: &str) -> Answer {
        let pairs = form(&[("grant_type", DEVICE_GRANT), ("client_id", &self.client), ("device_code", device_code)]);
        self.send("POST", "/oauth/token", &[FORM], &pairs).await
    }

    /// GETs and waits for the answer.
    pub async fn get(&self, path: &str, headers: &[&str]) -> Answer {
        self.send("GET", path, headers, "").await
    }

    /// GETs a path that will be answered later, and leaves the connection open.
    pub async fn hold(&self, path: &str, headers: &[&str]) -> TcpStream {
        let mut held = TcpStream::connect(self.to).await.expect("connects");
        let request = http::request("GET", path, &self.host(), headers, "");
        held.write_all(request.as_bytes()).await.expect("sent");
        held
    }

    /// Asks, and waits in the background for the address it is sent to.
    pub async fn ask(&self) -> Asked {
        self.wait_at(self.ticket(&[]).await).await
    }

    /// Asks for these scopes, and waits as [`Caller::ask`] does.
    pub async fn ask_for(&self, scope: &str) -> Asked {
        self.wait_at(self.ticket_for(Some(scope), &[]).await).await
    }

    async fn wait_at(&self, ticket: String) -> Asked {
        let mut held = self.hold(&ticket, &[]).await;
        Asked { answer: tokio::spawn(async move { http::read_answer(&mut held).await }), _listener: self.listener.clone() }
    }

    /// Redeems a code for an access token.
    pub async fn redeem(&self, code: &str) -> String {
        let redirect = self.redirect();
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", &redirect),
        ];
        let answer = self.send("POST", "/oauth/token", &[FORM], &form(&pairs)).await;
        tokens_of(&self.client, &answer).access
    }

    /// Calls the guarded server.
    pub async fn call(&self, token: &str) -> Answer {
        self.post(token, PING).await
    }

    /// Sends the guarded server a message.
    pub async fn post(&self, token: &str, message: &str) -> Answer {
        self.post_later(token, message).await.expect("joined")
    }

    /// The same in the background.
    pub fn post_later(&self, token: &str, message: &str) -> JoinHandle<Answer> {
        let headers = ["Content-Type: application/json", &format!("Authorization: Bearer {token}")];
        let (to, request) = (self.to, http::request("POST", "/mcp/everything", &self.host(), &headers, message));
        tokio::spawn(async move { http::raw(to, request.as_bytes()).await })
    }
}

/// A request whose answer is still to come. Dropping it hangs up.
pub struct Asked {
    answer: JoinHandle<Answer>,
    /// Where the answer goes: its program waits there as long.
    _listener: Arc<TcpListener>,
}

impl Asked {
    /// Whether no answer has come yet.
    pub fn waits(&self) -> bool {
        !self.answer.is_finished()
    }

    /// The address the client is sent to once somebody answered.
    pub async fn sent_to(mut self) -> String {
        let answer =
            tokio::time::timeout(std::time::Duration::from_secs(20), &mut self.answer).await.expect("answered in time").expect("joined");
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").expect("a redirect").to_owned()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answer.abort();
    }
}
