#!/bin/sh
# Makes the namespace; again does nothing. Search attributes are the worker's own business.
set -eu
temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
