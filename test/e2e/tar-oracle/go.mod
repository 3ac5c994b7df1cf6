module tar-oracle

go 1.25
