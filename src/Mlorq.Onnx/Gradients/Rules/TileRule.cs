using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>A tensor repeated along its axes: ∂X = the sum of G over the repetitions.</summary>
internal sealed class TileRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Tile"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var (rank, repeats) = (at.Rank(at.Input(0)), Int64.Constant(at, at.Input(1)));
        // Each repeated axis as two: repetition and position; both lengths are picked from the list of all repeats and all lengths.
        var picks = new List<long>();
        var repetitions = new List<long>();
        for (var axis = 0; axis < rank; axis++)
        {
            if (repeats is null || repeats[axis] != 1)
            {
                repetitions.Add(picks.Count);
                picks.Add(axis);
            }

            picks.Add(rank + axis);
        }

        if (repetitions.Count == 0)
        {
            at.Give(0, at.Gradient);
            return;
        }

        var lengths = at.Op("Concat", [at.Input(1), at.ShapeTensor(at.Input(0))], NodeAttribute.Int("axis", 0));
        var parted = at.Op("Reshape", at.Gradient, at.Op("Gather", lengths, at.Ints([.. picks])));
        at.Give(0, at.Op("ReduceSum", [parted, at.Ints([.. repetitions])], NodeAttribute.Int("keepdims", 0)));
    }
}
