from latentdemo.cli.main import main

main()
