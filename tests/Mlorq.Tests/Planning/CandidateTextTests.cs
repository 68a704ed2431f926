using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Tests.Planning;

public sealed class CandidateTextTests
{
    private static readonly Model Text = Canonicalize.Apply(TinyModels.Text().Build());
    private static readonly IReadOnlyList<Layer> Layers = [.. LayerFinder.Find(Text).Layers];

    [Fact]
    public void All_candidates_of_an_analysis_are_read_as_they_are_written()
    {
        var candidates = Compressor.Analyze(TinyModels.TwoLayers().Build(), TinyModels.Calibration(TinyModels.TwoLayers().Build()), TinyModels.Options(3), new RunSettings())
            .Prices.SelectMany(p => p.Front.All).Select(c => c.Candidate).Append(new Candidate.Rows8()).Distinct().ToList();
        Assert.Contains(candidates, c => c is Candidate.MixedRows);
        Assert.Contains(candidates, c => c is Candidate.LowRank);
        Assert.All(candidates, c => Assert.Equal(c, CandidateText.Parse(c.ToString()!)));
    }

    [Theory]
    [InlineData("r64 q4g16*q4g64", "r64 q4g16·q4g64")]
    [InlineData(" q3g32a ", "q3g32a")]
    [InlineData("q2g64,48 rows q4g64", "q2g64, 48 rows q4g64")]
    public void Some_liberties_may_be_taken(string text, string meant) => Assert.Equal(meant, CandidateText.Parse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("q5")]
    [InlineData("q4g63")]
    [InlineData("q4g16·q4g64")]
    [InlineData("r64 q4")]
    [InlineData("r64 q4, 3 rows q4")]
    [InlineData("r99999999999 q4·q4")]
    [InlineData("q4 ")]
    [InlineData("Q4")]
    [InlineData("int4")]
    [InlineData("q2g64, rows q4g64")]
    public void Anything_else_is_no_candidate(string text) => Assert.Equal(text == "q4 " ? "q4" : null, CandidateText.Parse(text)?.ToString());

    [Theory]
    [InlineData("w", "q4g128", "its rows have 64 weights, so groups of 128 are too long")]
    [InlineData("w", "q4g64", "too long")]
    [InlineData("w", "r65 q4g16·q4", "its rank is 1 to 64, not 65")]
    [InlineData("w", "r16 q4g16a·q4", "without zero points")]
    [InlineData("w", "q4, 8 rows q2", "rows have two widths of")]
    [InlineData("w", "q2, 96 rows q4", "1 to 95 of its rows may be wide, not 96")]
    [InlineData("w", "q2, 8 rows q4g32", "the same groups")]
    [InlineData("w", "rows8", "rows8 is for tables")]
    [InlineData("table", "r16 q4·q4", "it is no linear layer")]
    [InlineData("table", "q4a", "zero points")]
    [InlineData("table", "t3", "trellis codes")]
    [InlineData("table", "q3g32", null)]
    [InlineData("w", "q2g32, 8 rows q4g32", null)]
    [InlineData("table", "rows8", null)]
    [InlineData("table", "fp16", null)]
    [InlineData("w", "fp32", null)]
    public void A_layer_says_why_it_cannot_be_stored_in_some_way(string tensor, string text, string? reason)
    {
        var obstacle = CandidateText.Obstacle(Text, Layers.First(l => l.TensorName == tensor), CandidateText.Parse(text)!);
        if (reason is null) Assert.Null(obstacle);
        else Assert.Contains(reason, obstacle, StringComparison.Ordinal);
    }
}
