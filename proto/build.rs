//! Compiles the .proto files with protox, so that no protoc is needed, and keeps their descriptors for reflection.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let files = [
        "tacit/v1/audit.proto",
        "tacit/v1/common.proto",
        "tacit/v1/credentials.proto",
        "tacit/v1/identity.proto",
        "tacit/v1/issuance.proto",
        "tacit/v1/ledger.proto",
        "tacit/v1/sharing.proto",
        "tacit/v1/sync.proto",
        "tacit/v1/vault.proto",
    ];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let mut compiler = protox::Compiler::new(["."])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(files)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        out.join("tacit_v1.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .bytes(".")
        .build_transport(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
