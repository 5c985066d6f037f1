//! The one table of routes, and the router made from it.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use std::sync::Arc;
use tokio::time::timeout;

use super::metrics::{self, Metrics};
use super::token::Token;
use super::{OPENAPI, answer, credentials, identifiers, sd_jwt};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::w3c::service::Service;

/// What handlers work with.
pub struct App {
    /// The service.
    pub service: Service,
    /// Who may issue.
    pub token: Token,
    /// What is counted.
    pub metrics: Metrics,
}

impl App {
    /// Refuses whoever may not sign or change a status in the issuer's name, before anything of the request is read.
    pub(super) fn may_issue(&self, headers: &HeaderMap) -> ApiResult<()> {
        self.service.issuer()?;
        self.token.check(headers)
    }
}

/// A route: method, path, handler.
type Route = (Method, &'static str, MethodRouter<Arc<App>>);

/// Every route. OpenAPI describes exactly these.
pub(super) fn table() -> Vec<Route> {
    vec![
        (Method::POST, "/credentials/issue", post(credentials::issue)),
        (
            Method::POST,
            "/credentials/verify",
            post(credentials::verify),
        ),
        (
            Method::POST,
            "/credentials/status",
            post(credentials::set_status),
        ),
        (
            Method::POST,
            "/presentations/verify",
            post(credentials::verify_presentation),
        ),
        (
            Method::GET,
            "/status/{purpose}/{list}",
            get(credentials::list),
        ),
        (Method::POST, "/sd-jwt/issue", post(sd_jwt::issue)),
        (Method::POST, "/sd-jwt/verify", post(sd_jwt::verify)),
        (
            Method::GET,
            "/status-tokens/{purpose}/{list}",
            get(sd_jwt::list),
        ),
        (
            Method::GET,
            "/1.0/identifiers/{*did}",
            get(identifiers::resolve),
        ),
        (Method::GET, "/openapi.json", get(openapi)),
        (Method::GET, "/health", get(health)),
    ]
}

/// The router.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for (_, path, handler) in table() {
        router = router.route(path, handler);
    }
    router
        .fallback(identifiers::elsewhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn_with_state(
            app.metrics.clone(),
            metrics::count,
        ))
        .with_state(app)
}

async fn openapi() -> Response {
    let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    answer::json(StatusCode::OK, &document)
}

async fn health() -> Response {
    answer::json(StatusCode::OK, &json!({ "status": "serving" }))
}

async fn wrong_method() -> Response {
    let what = "the path does not take this method";
    let error = ApiError::new(&reason::METHOD_UNKNOWN, what);
    answer::plain(StatusCode::METHOD_NOT_ALLOWED, &error)
}

async fn in_time(request: Request, next: Next) -> Response {
    match timeout(limits::CALL_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => answer::plain(
            StatusCode::GATEWAY_TIMEOUT,
            &ApiError::plain(&reason::TIMEOUT),
        ),
    }
}
