//! What the system says after the window is up: it takes the places that were kept for it.

use doorward_words::Language;
use serde_json::{Value, json};

use crate::{
    questions,
    stage::{Look, Stage},
    states,
};

const LOOK: &str = "const top = (id) => Math.round(document.getElementById(id).getBoundingClientRect().top);
    return { listener: document.getElementById('listener').innerText, tools: top('tick-list'), deny: top('deny'),
             typed: document.getElementById('typed').checkVisibility(), details: document.getElementById('details').open };";

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_are_named_late_take_the_places_that_were_kept() {
    let late = json!({ "state": "cannot_tell", "why": "", "why_said": { "id": "why-late" } });
    let unknown = json!({ "listener": late, "requester": late, "typing": { "what": "number", "always": true } });
    let answers = questions::asked(questions::with(questions::connect(), unknown));
    let state = states::all().into_iter().find(|state| state.name == "consent").expect("it is there");
    let stage = Stage::open(Look { dark: false, scale: 1 }).await;
    stage.show(&states::State { answers, ..state }, Language::English, (480, 600)).await;
    let before = stage.script(LOOK).await;
    let says = |seen: &Value, text: &str| seen["listener"].as_str().is_some_and(|shown| shown.contains(text));
    assert!(says(&before, "it took too long to look") && before["typed"] == true, "{before}");

    let known = questions::asked(questions::connect());
    stage.changes("consent_state", &known["consent_state"]).await;
    let after = stage.script(LOOK).await;
    assert!(says(&after, "claude") && !says(&after, "cannot tell"), "{after}");
    assert_eq!(after["typed"], false, "the program that waits is the one that registered");
    for place in ["tools", "deny"] {
        assert_eq!(after[place], before[place], "{place} stays where it is: {before} {after}");
    }
    stage.close().await;
}
