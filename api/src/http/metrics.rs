//! Numbers of the HTTP interface, and its log: by route and class of status, never by what was asked.
//!
//! A label or log line has the pattern of a route, `/1.0/identifiers/{*did}`, not the path: paths name people's keys.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Instant;

/// The route of requests that have none.
const NO_ROUTE: &str = "other";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: String,
    class: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram>,
    running: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            // From a millisecond to more than a minute.
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 3.0, 11))
            }),
            running: Gauge::default(),
        }
    }
}

impl Metrics {
    /// The page for Prometheus; nothing when it cannot be written.
    pub fn page(&self) -> Option<String> {
        let mut registry = Registry::with_prefix("tacit_http");
        registry.register(
            "requests",
            "Requests that were answered, by route and class of status",
            self.requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time until an answer begins, by route",
            self.seconds.clone(),
        );
        registry.register(
            "running",
            "Requests that are being answered",
            self.running.clone(),
        );
        let mut page = String::new();
        text::encode(&mut page, &registry).ok()?;
        Some(page)
    }
}

/// A request that is being answered.
struct Running(Gauge);

impl Running {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Running {
    // Also when the client goes away and nobody waits for the answer any more.
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts and logs a request.
pub(super) async fn count(
    State(metrics): State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let _running = Running::new(&metrics.running);
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status(), began.elapsed());
    let class = match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    };
    tracing::debug!(
        route,
        status = status.as_u16(),
        milliseconds = took.as_millis(),
        "request"
    );
    let seconds = Route {
        route: route.clone(),
    };
    metrics
        .seconds
        .get_or_create(&seconds)
        .observe(took.as_secs_f64());
    metrics
        .requests
        .get_or_create(&Answered { route, class })
        .inc();
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::{App, router};
    use crate::http::token::Token;
    use crate::w3c::lists::Lists;
    use crate::w3c::resolver::Places;
    use crate::w3c::service::Service;
    use axum::body::Body;
    use std::sync::Arc;
    use tower::ServiceExt;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_never_by_what_they_ask() {
        let metrics = Metrics::default();
        let app = App {
            service: Service::new(Places::default(), Lists::default(), None).unwrap(),
            token: Token::none(),
            metrics: metrics.clone(),
        };
        let router = router(Arc::new(app));
        let key = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj";
        for (method, path) in [
            ("GET", format!("/1.0/identifiers/{key}")),
            ("GET", format!("/1.0/identifiers/{key}%23{}", &key[8..])),
            ("GET", "/1.0/identifiers/did:example:secret".to_owned()),
            ("POST", "/1.0/identifiers/did:example:secret".to_owned()),
            ("SECRET", "/secret?secret=1".to_owned()),
            ("GET", "/health".to_owned()),
        ] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header("Authorization", "Bearer secret");
            let answer = router.clone().oneshot(request.body(Body::empty()).unwrap());
            answer.await.unwrap();
        }
        let page = metrics.page().unwrap();
        let did = r#"route="/1.0/identifiers/{*did}""#;
        for line in [
            format!("tacit_http_requests_total{{{did},class=\"2xx\"}} 2"),
            format!("tacit_http_requests_total{{{did},class=\"4xx\"}} 1"),
            format!("tacit_http_requests_total{{{did},class=\"5xx\"}} 1"),
            r#"tacit_http_requests_total{route="other",class="4xx"} 1"#.to_owned(),
            r#"tacit_http_requests_total{route="/health",class="2xx"} 1"#.to_owned(),
            format!("tacit_http_request_seconds_count{{{did}}} 4"),
            "tacit_http_running 0".to_owned(),
        ] {
            assert!(page.contains(&line), "{line}\n{page}");
        }
        assert!(!page.contains("secret") && !page.contains("z6Mk"), "{page}");
    }
}
