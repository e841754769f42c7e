from latentdemo.cli import app

app()
