"""What whoever runs a server looks after it with: health, readiness, metrics and logs, none of it public by default.

`python -m latentdemo.operations` starts the web app as `python -m streamlit` does, and `latentdemo demo` starts that.

- `$LATENTDEMO_OPERATIONS`: a port, such as 9600, which this machine alone can ask then, or an address and a port, such
  as 0.0.0.0:9600. There `/live`, `/ready` and `/metrics` are answered; without it nothing listens.
- `$LATENTDEMO_LOG`: json has each line of the log be a JSON object.
"""
