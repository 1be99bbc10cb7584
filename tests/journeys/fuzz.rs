//! The laws that fuzz targets check hold of what each target begins with. `make fuzz` makes up the rest.

#[path = "../../fuzz/laws/mod.rs"]
mod laws;

use std::{fs, path::Path};

#[test]
fn the_laws_hold_of_what_the_fuzz_targets_begin_with() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let text = |seed: &[u8]| String::from_utf8(seed.to_vec()).expect("text");
    for target in fs::read_dir(fuzz.join("targets")).expect("a folder").flatten() {
        let target = target.path().file_stem().expect("a name").to_string_lossy().into_owned();
        let seeds: Vec<_> = fs::read_dir(fuzz.join("seeds").join(&target)).expect("seeds").flatten().collect();
        assert!(!seeds.is_empty(), "{target}");
        for seed in seeds {
            eprintln!("{}", seed.path().display());
            let seed = fs::read(seed.path()).expect("reads");
            match target.as_str() {
                "basic" => laws::basic::holds(&text(&seed)),
                "device" => laws::device::holds(&seed),
                "document" => laws::document::holds(&text(&seed)),
                "form" => laws::form::holds(&text(&seed)),
                "query" => laws::query::holds(&text(&seed)),
                "redirect" => laws::redirect::holds(&text(&seed)),
                "registration" => laws::registration::holds(&seed),
                "scope" => laws::scope::holds(&text(&seed)),
                other => panic!("{other} has no laws"),
            }
        }
    }
}
