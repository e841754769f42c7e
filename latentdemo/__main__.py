from latentdemo.cli import main

main()
