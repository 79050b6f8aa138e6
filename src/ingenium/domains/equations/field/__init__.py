"""Solution fields of differential equations, proposed by learned operators, judged by solvers."""
