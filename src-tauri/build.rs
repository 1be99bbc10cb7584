//! Tauri's build script, with the permissions beside the shell instead of at the root.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Tauri watches only the places it knows by default.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    println!("cargo:rerun-if-changed=ui");
    let permissions = tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*");
    let attributes = tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*").app_manifest(permissions);
    Ok(tauri_build::try_build(attributes)?)
}
