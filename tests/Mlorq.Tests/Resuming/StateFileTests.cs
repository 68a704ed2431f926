using System.Collections;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.TestKit;

namespace Mlorq.Tests.Resuming;

public sealed class StateFileTests : IDisposable
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();

    private readonly TemporaryFolder _folder = new();

    private string StatePath => _folder.File("out.onnx.state");

    [Fact]
    public void What_was_put_in_is_taken_out_until_it_is_dropped()
    {
        var first = Begin(CheckpointStart.Anew);
        first.Put("one", w => w.Write(1));
        first.Put("two", w => w.Write("deux"));
        first.Save();
        var second = Begin(CheckpointStart.Resume);
        var text = "";
        Assert.True(second.Take("two", r => text = r.ReadString()));
        Assert.Equal("deux", text);
        Assert.False(second.Take("three", _ => Assert.Fail("there is no such section")));

        first.Drop("two");
        first.Save();
        Assert.False(Begin(CheckpointStart.Resume).Take("two", _ => Assert.Fail("it was dropped")));
        Assert.Equal([StatePath], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Every_flipped_bit_and_every_length_that_is_too_short_are_noticed()
    {
        var state = Begin(CheckpointStart.Anew);
        state.Put("numbers", w => LayerRecords.WriteArray(w, Enumerable.Range(0, 50).ToArray()));
        state.Save();
        var whole = File.ReadAllBytes(StatePath);
        for (var i = 0; i < whole.Length; i += 3)
        {
            var changed = whole.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            IsRefused(changed);
            IsRefused(whole[..i]);
        }

        IsRefused(whole[..^1]);
        IsRefused([.. whole, 0]);
        File.WriteAllBytes(StatePath, whole);
        Assert.True(Begin(CheckpointStart.Resume).Take("numbers", r => Assert.Equal(Enumerable.Range(0, 50), LayerRecords.ReadArray<int>(r))));
    }

    // As where the disk is full.
    [Fact]
    public void A_state_that_cannot_be_written_leaves_the_old_one_and_nothing_else()
    {
        var state = Begin(CheckpointStart.Anew);
        state.Put("one", w => w.Write(1));
        state.Save();
        var whole = File.ReadAllBytes(StatePath);
        state.Put("two", w =>
        {
            w.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        });
        var error = Assert.Throws<Mlorq.Onnx.OutputException>(state.Save);
        Assert.Contains("No space left on device. It needs a writable folder with some space.", error.Message, StringComparison.Ordinal);
        Assert.Equal([StatePath], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal(whole, File.ReadAllBytes(StatePath));
    }

    [Fact]
    public void A_state_of_another_run_is_refused_by_name()
    {
        Begin(CheckpointStart.Anew).Save();
        var before = File.ReadAllBytes(StatePath);
        var inputs = TinyModels.Calibration(Tiny);
        var (name, tensor) = inputs.Batches[0].Single();
        var bytes = tensor.Bytes.ToArray();
        bytes[^1] ^= 1;
        var changed = new CalibrationSet([new Dictionary<string, Tensor> { [name] = new Tensor(tensor.Type, tensor.Shape, bytes) }, .. inputs.Batches.Skip(1)]);
        var editor = Tiny.Edit();
        editor.SetInitializer("b1", Tensor.Of(new float[96], 96));

        Refusal(Tiny, inputs, TinyModels.Options(2) with { Tuning = new TuningOptions { Steps = 7 } }, $"the options differ (Tuning.Steps was {new TuningOptions().Steps} and is 7 now)", "model is", "inputs are");
        Refusal(Tiny, changed, TinyModels.Options(2), "the calibration inputs are others", "model is", "options differ");
        Refusal(Tiny, TinyModels.Calibration(Tiny, batchSize: 4), TinyModels.Options(2), "the calibration inputs are others", "model is", "options differ");
        Refusal(editor.ToModel(), inputs, TinyModels.Options(2), "the model is another one", "inputs are", "options differ");
        Refusal(editor.ToModel(), changed, TinyModels.Options(3), "the model is another one; the calibration inputs are others; the options differ (Budget was 2x and is 3x now)");
        Assert.Equal(before, File.ReadAllBytes(StatePath));

        void Refusal(Model model, CalibrationSet calibration, CompressionOptions options, string reason, params string[] others)
        {
            var error = Assert.Throws<CheckpointException>(() => SavedState.Begin(model, calibration, options, Run(CheckpointStart.Resume)));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            foreach (var other in others) Assert.DoesNotContain(other, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(CheckpointStart.Anew)]
    [InlineData(CheckpointStart.Resume)]
    public void A_file_that_is_no_state_is_never_replaced(CheckpointStart start)
    {
        File.WriteAllText(StatePath, "of 50 states");
        var error = Assert.Throws<CheckpointException>(() => Begin(start));
        Assert.Contains("no state file of Mlorq", error.Message, StringComparison.Ordinal);
        Assert.Equal("of 50 states", File.ReadAllText(StatePath));
    }

    // A new option cannot be forgotten: all public properties of all records of options are found by reflection, here in another way.
    [Fact]
    public void Every_option_has_a_line_of_its_own()
    {
        var options = TinyModels.Options(2) with { Metadata = new Dictionary<string, string> { ["a = b"] = "two\nlines" } };
        var lines = OptionsText.Of(options);
        foreach (var property in typeof(CompressionOptions).GetProperties())
        {
            var value = property.GetValue(options);
            if (value is null or Budget or IEnumerable || property.PropertyType.IsValueType)
                Assert.Contains(lines, l => l.StartsWith($"{property.Name} = ", StringComparison.Ordinal) || l.StartsWith($"{property.Name}.", StringComparison.Ordinal));
            else
                Assert.All(value.GetType().GetProperties(), p => Assert.Contains(lines, l => l.StartsWith($"{property.Name}.{p.Name} = ", StringComparison.Ordinal) || l.StartsWith($"{property.Name}.{p.Name}.", StringComparison.Ordinal)));
        }

        // Quantizers have no numbers that can be read, so their types stand for them.
        Assert.Contains("Activations.Quantizers.Values = Mlorq.Activations.SquaredErrorQuantizer", lines);
        Assert.Contains("Activations.Quantizers.Probabilities = Mlorq.Activations.LogSqrt2Quantizer", lines);

        Assert.Contains(@"Metadata.a = b = two\nlines", lines);
        Assert.Contains("Candidates.BitWidths = [2 bits in a trellis, 3 bits in a trellis, 4 bits, 6 bits, 8 bits]", lines);
        Assert.Equal(lines, OptionsText.Of(options with { Tuning = new TuningOptions() }));
        var other = OptionsText.Of(options with { Weighting = ErrorWeighting.Plain, Candidates = new CandidateOptions { BitWidths = [BitWidth.Two] }, Metadata = new Dictionary<string, string>() });
        Assert.Equal(
            [
                "Candidates.BitWidths was [2 bits in a trellis, 3 bits in a trellis, 4 bits, 6 bits, 8 bits] and is [2 bits] now",
                @"Metadata.a was b = two\nlines and is not set now",
                "Weighting was none and is Plain now",
            ],
            OptionsText.Differences(lines, other));
    }

    public void Dispose() => _folder.Dispose();

    private RunSettings Run(CheckpointStart start) => new() { Checkpoint = new Checkpoint(StatePath, start) };

    private SavedState Begin(CheckpointStart start) => SavedState.Begin(Tiny, TinyModels.Calibration(Tiny), TinyModels.Options(2), Run(start)).State!;

    private void IsRefused(byte[] bytes)
    {
        File.WriteAllBytes(StatePath, bytes);
        Assert.Throws<CheckpointException>(() => Begin(CheckpointStart.Resume));
        Assert.Equal(bytes, File.ReadAllBytes(StatePath));
    }
}
