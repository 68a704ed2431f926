using Google.OrTools.LinearSolver;
using Google.OrTools.Sat;
using Mlorq.InterLayer;

namespace Mlorq.Tests.InterLayer;

/// <summary>The same problem for solvers that know nothing of this one.</summary>
internal static class IntegerProgram
{
    /// <summary>The optimum with whole costs, by constraint programming, where the gap is 0 in integers and not in tolerances.</summary>
    public static long BestCost(KnapsackItem[][] groups, long budget)
    {
        var model = new CpModel();
        var bytes = Google.OrTools.Sat.LinearExpr.NewBuilder();
        var cost = Google.OrTools.Sat.LinearExpr.NewBuilder();
        foreach (var group in groups)
        {
            var chosen = group.Select((_, i) => model.NewBoolVar($"x{i}")).ToArray();
            model.AddExactlyOne(chosen);
            for (var i = 0; i < group.Length; i++)
            {
                bytes.AddTerm(chosen[i], group[i].Bytes);
                cost.AddTerm(chosen[i], (long)group[i].Cost);
            }
        }

        model.Add(bytes <= budget);
        model.Minimize(cost);
        var solver = new CpSolver { StringParameters = "num_search_workers:1,random_seed:1,relative_gap_limit:0,absolute_gap_limit:0" };
        Assert.Equal(CpSolverStatus.Optimal, solver.Solve(model));
        return (long)solver.ObjectiveValue;
    }

    /// <summary>The optimum with fractions of items allowed, by the simplex method: a bound from below.</summary>
    public static double RelaxedCost(KnapsackItem[][] groups, long budget)
    {
        using var solver = Solver.CreateSolver("GLOP");
        var weight = solver.MakeConstraint(double.NegativeInfinity, budget);
        foreach (var group in groups)
        {
            var one = solver.MakeConstraint(1, 1);
            foreach (var item in group)
            {
                var x = solver.MakeNumVar(0, 1, "");
                one.SetCoefficient(x, 1);
                weight.SetCoefficient(x, item.Bytes);
                solver.Objective().SetCoefficient(x, item.Cost);
            }
        }

        solver.Objective().SetMinimization();
        Assert.Equal(Solver.ResultStatus.OPTIMAL, solver.Solve());
        return solver.Objective().Value();
    }
}
