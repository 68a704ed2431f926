using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;
using Mlorq.Timing;

namespace Mlorq.Tests.Timing;

public sealed class KernelTableTests
{
    private static readonly Model Source = TinyModels.TwoLayers().Build();
    private static readonly IReadOnlyDictionary<string, Tensor> Input = RandomInputs.For(Source, 5, seed: 3);
    private static readonly KernelTable Table = Tables.Of(Source, Input);
    private static readonly LinearLayer First = LayerFinder.Find(Canonicalize.Apply(Source)).Linear.First();

    [Fact]
    public void What_is_written_is_read_and_equal_tables_have_equal_hashes()
    {
        var text = KernelTableJson.Write(Table);

        var read = KernelTableJson.Read(text, "the table");

        Assert.Equal(text, KernelTableJson.Write(read));
        Assert.Equal(Table.Products, read.Products);
        Assert.Equal(Table.Models, read.Models);
        Assert.Equal(Table.Layers.Select(l => (l.Name, l.Products.Single())), read.Layers.Select(l => (l.Name, l.Products.Single())));
        Assert.Equal(Table.Hash, read.Hash);
        Assert.NotEqual(Table.Hash, (read with { Threads = 2 }).Hash);
    }

    [Fact]
    public void The_layers_products_are_those_of_the_inputs()
    {
        Assert.Equal([new ProductShape(5, 64, 96, 2, true), new ProductShape(5, 96, 48, 2, true)], Table.Layers.SelectMany(l => l.Products));
        var text = TinyModels.Text().Build();
        Assert.Equal([new ProductShape(18, 64, 96, 3, true), new ProductShape(18, 96, 40, 3, false)], KernelModels.LayersOf(text, RandomInputs.For(text, 3, seed: 1)).SelectMany(l => l.Products));
    }

    [Theory]
    [InlineData("", "no table of kernel times")]
    [InlineData("[]", "'format'")]
    [InlineData("""{"format": "other"}""", "'format'")]
    [InlineData("""{"format": "mlorq-kernels"}""", "version none, and this version of Mlorq reads version 1")]
    [InlineData("""{"format": "mlorq-kernels", "version": 2}""", "version 2, and this version of Mlorq reads version 1")]
    [InlineData("""{"format": "mlorq-kernels", "version": 1}""", "no table of kernel times")]
    public void Other_texts_are_refused(string text, string words)
    {
        var exception = Assert.Throws<KernelTableException>(() => KernelTableJson.Read(text, "'k.json'"));
        Assert.Contains("'k.json'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Contains("mlorq bench kernels", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"threads\": 1", "\"threads\": 0", "threads is 0")]
    [InlineData("\"threads\": 1", "\"threads\": 1, \"colour\": 1", "colour")]
    [InlineData("\"runtime\": \"speed\"", "\"runtime\": \"fast\"", "'fast'")]
    [InlineData("\"microseconds\": ", "\"microseconds\": -", "takes -")]
    [InlineData("\"tool\": \"0.0.0\"", "\"tool\": null", "tool")]
    public void A_table_with_something_wrong_in_it_is_refused(string good, string bad, string word)
    {
        var text = KernelTableJson.Write(Table);
        Assert.Contains(good, text, StringComparison.Ordinal);
        Assert.Contains(word, Assert.Throws<KernelTableException>(() => KernelTableJson.Read(text.Replace(good, bad, StringComparison.Ordinal), "it")).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("none.json", Assert.Throws<KernelTableException>(() => KernelTableJson.Load(folder.File("none.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Candidates_that_run_in_one_kernel_take_the_same_time()
    {
        var times = LayerTimes.Of(Table, RuntimeProfile.Memory);
        long Of(int bits, Symmetry symmetry = Symmetry.Symmetric) => times.NanosecondsOf(First, new Candidate.Dense(new WeightFormat(BitWidth.Of(bits), Granularity.Group(32), symmetry)));
        var (narrow, wide) = (new WeightFormat(BitWidth.Two, Granularity.Group(32), Symmetry.Symmetric), new WeightFormat(BitWidth.Four, Granularity.Group(32), Symmetry.Symmetric));

        Assert.Equal(5 * 64 * 96, Of(4));
        Assert.Equal((Of(4), Of(8)), (Of(3), Of(6)));
        Assert.Equal(Of(4), times.NanosecondsOf(First, new Candidate.MixedRows(narrow, wide, 40)));
        Assert.NotEqual(Of(4), Of(2));
        Assert.Equal(times.NanosecondsOf(First, new Candidate.Single()), times.NanosecondsOf(First, new Candidate.Half()));
        Assert.Equal(Of(2), Of(2, Symmetry.Asymmetric));
        // A kernel that reads zero points is another one.
        Assert.Contains(Table.Products, p => p.Form.Name == "b4g32z");
        Assert.DoesNotContain(Table.Products, p => p.Form.Name == "b2g32z");
    }

    [Fact]
    public void With_speed_all_low_bit_forms_are_one()
    {
        var forms = KernelModels.Of(Table.Layers[0].Products[0], [RuntimeProfile.Speed], new CandidateOptions()).Forms.Select(f => f.Form).ToList();
        Assert.Equal(["bytes", "bytes*bytes", "float"], forms.Select(f => f.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(forms.Count, forms.Distinct().Count());
    }

    [Fact]
    public void Ranks_between_measured_ones_are_interpolated()
    {
        static Candidate Pair(int rank) => FactorPairs.Offered(First, rank, new CandidateOptions { FactorBitWidths = [BitWidth.Four] }).Single();
        var (shape, form) = (Table.Layers[0].Products[0], KernelForm.Of(64, Pair(16), RuntimeProfile.Memory).Name);
        ProductTime At(int rank, double microseconds) => new(shape, new KernelForm(form, rank), new MeasuredTime(microseconds, 0, 0));
        var times = LayerTimes.Of(Table with { Products = [.. Table.Products.Where(p => p.Form.Name != form), At(48, 50), At(16, 10), At(32, 20)] }, RuntimeProfile.Memory);
        long Of(int rank) => times.NanosecondsOf(First, Pair(rank));

        Assert.Equal((10_000, 12_500, 20_000, 35_000, 50_000), (Of(16), Of(20), Of(32), Of(40), Of(48)));
        Assert.Equal((10_000, 50_000), (Of(1), Of(64)));
    }

    [Fact]
    public void The_rest_of_the_model_is_what_its_plain_layers_leave()
    {
        Assert.Equal(100_000, LayerTimes.Of(Table, RuntimeProfile.Memory).RestInNanoseconds);
        Assert.Equal(100_000, LayerTimes.Of(Table, RuntimeProfile.Speed).RestInNanoseconds);
    }

    [Fact]
    public void What_the_table_does_not_have_is_named()
    {
        var speedless = Table with { Models = [Table.Models[0]] };
        Assert.Contains("speed", Assert.Throws<KernelTableException>(() => LayerTimes.Of(speedless, RuntimeProfile.Speed)).Message, StringComparison.Ordinal);

        var times = LayerTimes.Of(Table, RuntimeProfile.Memory);
        var sixteen = new Candidate.Dense(new WeightFormat(BitWidth.Four, Granularity.Group(16), Symmetry.Symmetric));
        var form = Assert.Throws<KernelTableException>(() => times.NanosecondsOf(First, sixteen)).Message;
        Assert.Contains("b4g16", form, StringComparison.Ordinal);
        Assert.Contains($"'{First.Name}'", form, StringComparison.Ordinal);

        var wider = LayerFinder.Find(Canonicalize.Apply(TinyModels.TwoLayers().Weight("w1", 64, 97).Weight("b1", 97).Weight("w2", 97, 48).Build())).Linear.First();
        var shape = Assert.Throws<KernelTableException>(() => times.NanosecondsOf(wider, new Candidate.Single())).Message;
        Assert.Contains($"'{First.Name}' [97, 64]", shape, StringComparison.Ordinal);
        Assert.Contains("[5, 64] x [64, 96]", shape, StringComparison.Ordinal);
    }

    // The times of kernels that are not those of a compressed file would be worth nothing.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void Timed_models_make_their_products_in_the_kernels_that_they_are_named_after(RuntimeProfile runtime)
    {
        var shape = new ProductShape(7, 96, 80, 3, true);
        var forms = KernelModels.Of(shape, [runtime], new CandidateOptions());
        foreach (var (form, model) in forms.Forms)
        {
            var kept = Rewriting.OneLayer.Optimized(model).Graph.Nodes.Where(n => n.OpType is "MatMulNBits" or "DynamicQuantizeMatMul" or "MatMul" or "Gemm" or "FusedGemm").ToList();
            Assert.Equal(forms.Copies * (form.Rank > 0 ? 2 : 1), kept.Count);
            foreach (var node in kept)
            {
                if (form.Name == "float") Assert.DoesNotContain("Quant", node.OpType, StringComparison.Ordinal);
                else if (runtime == RuntimeProfile.Speed) Assert.Equal("DynamicQuantizeMatMul", node.OpType);
                else Assert.Contains($"b{node.Int("bits", 0)}g{node.Int("block_size", 0)}", form.Name, StringComparison.Ordinal);
            }

            using var runner = ModelRunner.Load(model);
            Assert.All(runner.Run(forms.Input), column => Assert.All(column.Floats.ToArray(), v => Assert.True(float.IsFinite(v))));
        }

        Assert.DoesNotContain(Rewriting.OneLayer.KeptOperators(forms.Empty), op => op.Contains("MatMul", StringComparison.Ordinal) || op.Contains("Gemm", StringComparison.Ordinal));
    }
}
