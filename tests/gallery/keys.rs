//! Letters that press buttons.

use doorward_words::Language;
use serde_json::json;

use crate::{
    questions,
    stage::{Look, Stage},
    states::{self, State},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_button_has_a_letter_of_its_text_that_is_marked_while_alt_is_held() {
    let state = states::all().into_iter().find(|state| state.name == "consent").expect("it is there");
    let stage = Stage::open(Look::LIGHT).await;
    let buttons = "return ['deny', 'later', 'allow'].map((id) => document.getElementById(id)).map((button) => {
        const letter = button.querySelector('.mnemonic');
        return [button.textContent.replace(/[\\u2066-\\u2069]/g, ''), button.getAttribute('aria-keyshortcuts'), letter.textContent, getComputedStyle(letter).textDecorationLine];
    })";
    let alt = |kind: &str| format!("document.dispatchEvent(new KeyboardEvent({kind:?}, {{ key: 'Alt', bubbles: true }}))");
    for (question, deny, allow) in [
        (questions::connect(), ["Deny", "Alt+D", "D"], ["Allow 5 tools", "Alt+A", "A"]),
        (questions::again(), ["Deny", "Alt+D", "D"], ["Continue", "Alt+C", "C"]),
        (questions::changed(), ["Keep blocked", "Alt+D", "d"], ["Use the new version", "Alt+U", "U"]),
    ] {
        let state = State { answers: questions::asked(question), ..state };
        stage.show(&state, Language::English, (480, 600)).await;
        for (line, before) in [("none", ""), ("underline", "keydown"), ("none", "keyup")] {
            if !before.is_empty() {
                stage.script(&alt(before)).await;
            }
            let with = |[text, key, letter]: [&str; 3]| json!([text, key, letter, line]);
            assert_eq!(stage.script(buttons).await, json!([with(deny), with(["Later", "Alt+L", "L"]), with(allow)]));
        }
    }
    stage.close().await;
}
