//! The binary under test: exactly what `tacit` is, built with the tests.

fn main() -> std::process::ExitCode {
    tacit_api::tls::install_provider();
    tacit_api::cli::main()
}
