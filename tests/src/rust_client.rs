//! A client out of the official Rust SDK and nothing else.

use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthError, AuthorizationManager, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// Goes the SDK's own way to a token; `browse` opens an address and ends when the browser is done.
pub async fn authorize(url: &str, name: &str, browse: impl AsyncFnOnce(String)) -> Result<AuthorizationManager, AuthError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let redirect = format!("http://{}/callback", listener.local_addr().expect("bound"));
    let mut oauth = OAuthState::new(url, None).await?;
    oauth.start_authorization(AuthorizationRequest::new(redirect).with_client_name(name)).await?;
    let address = oauth.get_authorization_url().await?;
    let (callback, ()) = tokio::join!(called_back(&listener), browse(address));
    oauth.handle_callback_url(&callback).await?;
    Ok(oauth.into_authorization_manager().expect("authorized"))
}

/// Waits for a browser at the callback address and gives where it was sent.
async fn called_back(listener: &TcpListener) -> String {
    let (mut browser, _) = listener.accept().await.expect("a browser");
    let mut line = String::new();
    BufReader::new(&mut browser).read_line(&mut line).await.expect("a request");
    browser.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.expect("answered");
    format!("http://{}{}", listener.local_addr().expect("bound"), line.split(' ').nth(1).expect("a path"))
}

/// Connects, and gives the names of the tools and what `echo` answers to "through the door".
pub async fn list_and_echo(url: &str, manager: AuthorizationManager) -> (Vec<String>, String) {
    let transport = StreamableHttpClientTransport::with_client(
        AuthClient::new(reqwest::Client::default(), manager),
        StreamableHttpClientTransportConfig::with_uri(url),
    );
    let client = ().serve(transport).await.expect("connects");
    let tools = client.list_all_tools().await.expect("tools").into_iter().map(|tool| tool.name.into_owned()).collect();
    let arguments = json!({ "message": "through the door" }).as_object().cloned().expect("an object");
    let answer = client.call_tool(CallToolRequestParams::new("echo").with_arguments(arguments)).await.expect("called");
    let echo = answer.content[0].as_text().expect("text").text.clone();
    client.cancel().await.expect("ends");
    (tools, echo)
}
