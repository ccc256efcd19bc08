"""The tracking server's door: ASGI, MLflow's wire format, our own API, the page at ``/``.

``routing`` holds what a route is, ``wire`` how JSON becomes typed requests, ``app`` how a request finds its
route and its transaction, ``serve`` how a process listens. ``mlflow_api/`` is the only place that knows
MLflow's JSON; ``api/`` is our own ``/api/v1``.
"""
