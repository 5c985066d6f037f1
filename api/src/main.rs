//! The one binary of Tacit.

fn main() -> std::process::ExitCode {
    tacit_api::tls::install_provider();
    tacit_api::cli::main()
}
