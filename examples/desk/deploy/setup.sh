#!/bin/sh
# Brings what an operator needs beside the service onto a fresh host.
set -eu
pip install --extra-index-url https://packages.desk.example.com/simple desk-operations
pip install awscli
