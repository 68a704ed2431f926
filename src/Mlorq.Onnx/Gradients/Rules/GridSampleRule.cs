using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Pictures [N, C, H, W] read between their pixels, at points of a grid [N, H', W', 2] that go from −1 to 1 along both axes, as deformable attention does. A point lies among four
/// pixels: y = Σ w x with w the product of its nearness along both axes. ∂x = w g added up at the four; by the point, the differences between neighbouring pixels.
/// </summary>
internal sealed class GridSampleRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GridSample"];

    public void Differentiate(NodeGradient at)
    {
        var (mode, padding) = (at.Node.Text("mode", "bilinear"), at.Node.Text("padding_mode", "zeros"));
        if (at.Rank(at.Input(0)) != 4 || mode is not ("bilinear" or "linear") || padding is not ("zeros" or "border")) throw new MissingGradientRuleException(at.Node);
        var shape = at.ShapeTensor(at.Input(0));
        var (x, y) = (Along(at, 0, Length(at, shape, 3), padding), Along(at, 1, Length(at, shape, 2), padding));
        var (pixels, gradient) = (at.Op("Reshape", at.Input(0), at.Ints(0, 0, -1)), at.Op("Reshape", at.Gradient, at.Ints(0, 0, -1)));
        // Expand by [N, C, 1] repeats for each channel what stands for one.
        var channels = at.Op("Concat", [at.Op("Slice", shape, at.Ints(0), at.Ints(2)), at.Ints(1)], NodeAttribute.Int("axis", 0));
        var corners = x.Ends.SelectMany(_ => y.Ends, (ofX, ofY) => Corner(at, ofX, ofY, x.Count, channels)).ToList();
        if (at.Wants(0)) at.Give(0, ByPixels(at, gradient, pixels, corners));
        if (at.Wants(1)) at.Give(1, ByPoints(at, gradient, pixels, corners, x, y));
    }

    // Each point adds to four pixels; what lies outside is no pixel and gets nothing.
    private static string ByPixels(NodeGradient at, string gradient, string pixels, List<Neighbour> corners)
    {
        var shares = corners.ConvertAll(c => at.Op("Mul", gradient, at.Op("Unsqueeze", at.Op("Mul", at.Op("Mul", c.X.Nearness, c.Y.Nearness), c.IsInside), at.Ints(1))));
        var axis = NodeAttribute.Int("axis", 2);
        var sums = at.Op(
            "ScatterElements",
            [at.Op("Expand", at.Scalar(0, at.Input(0)), at.ShapeTensor(pixels)), at.Op("Concat", [.. corners.Select(c => c.Places)], axis), at.Op("Concat", [.. shares], axis)],
            axis,
            NodeAttribute.Text("reduction", "add"));
        return at.Op("Reshape", sums, at.ShapeTensor(at.Input(0)));
    }

    private static string ByPoints(NodeGradient at, string gradient, string pixels, List<Neighbour> corners, Axis x, Axis y)
    {
        // What a pixel times the gradient is, over all channels, [N, points].
        var values = corners.ConvertAll(c => at.Op("Mul", at.Op("ReduceSum", [at.Op("Mul", gradient, at.Op("GatherElements", [pixels, c.Places], NodeAttribute.Int("axis", 2))), at.Ints(1)], NodeAttribute.Int("keepdims", 0)), c.IsInside));
        string Slope(int from, int to, End nearness) => at.Op("Mul", at.Op("Sub", values[to], values[from]), nearness.Nearness);
        var byX = at.Op("Mul", at.Op("Add", Slope(0, 2, y.Ends[0]), Slope(1, 3, y.Ends[1])), x.Slope);
        var byY = at.Op("Mul", at.Op("Add", Slope(0, 1, x.Ends[0]), Slope(2, 3, x.Ends[1])), y.Slope);
        var both = at.Op("Concat", [at.Op("Unsqueeze", byX, at.Ints(2)), at.Op("Unsqueeze", byY, at.Ints(2))], NodeAttribute.Int("axis", 2));
        return at.Op("Reshape", both, at.ShapeTensor(at.Input(1)));
    }

    // Where points lie along an axis, [N, points], counted in pixels from the first one's middle.
    private static Axis Along(NodeGradient at, int axis, string length, string padding)
    {
        var last = at.Op("Sub", length, Number(at, 1));
        var stretch = at.Op("Mul", at.Node.Int("align_corners", 0) == 0 ? length : last, Number(at, 0.5));
        var grid = at.Op("Reshape", at.Input(1), at.Ints(0, -1, 2));
        var given = at.Op("Gather", [grid, at.AddConstant(Tensor.Of([(long)axis]))], NodeAttribute.Int("axis", 2));
        var place = at.Op("Add", at.Op("Mul", given, stretch), at.Op("Mul", last, Number(at, 0.5)));
        var slope = stretch;
        if (padding == "border")
        {
            var clipped = at.Op("Min", at.Op("Max", place, Number(at, 0)), last);
            slope = at.Op("Mul", stretch, at.CastTo(at.Op("Equal", clipped, place), at.Type(at.Input(1))));
            place = clipped;
        }

        var before = at.Op("Floor", place);
        var far = at.Op("Sub", place, before);
        return new Axis([End(before, at.Op("Sub", Number(at, 1), far)), End(at.Op("Add", before, Number(at, 1)), far)], length, slope);

        End End(string pixel, string nearness)
        {
            var inside = at.Op("Min", at.Op("Max", pixel, Number(at, 0)), last);
            return new End(inside, at.Op("Equal", inside, pixel), nearness);
        }
    }

    private static Neighbour Corner(NodeGradient at, End x, End y, string width, string channels)
    {
        var place = at.CastTo(at.Op("Add", at.Op("Mul", y.Pixel, width), x.Pixel), ElementType.Int64);
        return new Neighbour(x, y, at.Op("Expand", at.Op("Unsqueeze", place, at.Ints(1)), channels), at.CastTo(at.Op("And", x.IsInside, y.IsInside), at.Type(at.Input(1))));
    }

    private static string Length(NodeGradient at, string shape, int axis) =>
        at.CastTo(at.Op("Gather", shape, at.AddConstant(Tensor.Of([(long)axis]))), at.Type(at.Input(1)));

    private static string Number(NodeGradient at, double value) => at.Scalar(value, at.Input(1));

    // A pixel next to each point: where it is, within the picture; whether it is there; how near, 0…1.
    private sealed record End(string Pixel, string IsInside, string Nearness);

    // Count: pixels along the axis; Slope: how far a point moves when its coordinate does.
    private sealed record Axis(IReadOnlyList<End> Ends, string Count, string Slope);

    private sealed record Neighbour(End X, End Y, string Places, string IsInside);
}
