//! rmcp, the official Rust SDK.

use doorward_tests::rust_client;

use crate::door::Door;

async fn browse(door: &Door, address: String) {
    let opened = door.command("xdg-open").arg(address).output().await.expect("runs");
    assert!(opened.status.success(), "{opened:?}");
}

#[tokio::test]
async fn the_rust_sdk() {
    let door = Door::allowing().await;
    let authorized = rust_client::authorize(&door.url(), "Rust SDK", |address| browse(&door, address)).await.expect("authorized");
    let (tools, echo) = rust_client::list_and_echo(&door.url(), authorized).await;
    assert!(tools.contains(&"echo".to_owned()), "{tools:?}");
    assert_eq!(echo, "Echo: through the door");
    door.is_used_by("Rust SDK").await;

    let door = Door::denying().await;
    let refused = rust_client::authorize(&door.url(), "Rust SDK", |address| browse(&door, address)).await;
    assert!(refused.is_err());
    door.stayed_shut_for("Rust SDK", 1).await;
}
