using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.InterLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>A model as it was measured.</summary>
/// <param name="Path">Its file.</param>
/// <param name="SizeInBytes">Size with everything inside.</param>
/// <param name="Accuracy">Of its first output; null without labels.</param>
internal sealed record EvaluatedOnArrays(string Path, long SizeInBytes, Accuracy? Accuracy);

/// <summary>An output beside the reference's.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Change">How far it is from the reference's.</param>
/// <param name="Vectors">The same for vectors along its last axis; null where the models give different shapes.</param>
internal sealed record ComparedOutput(string Name, OutputChange Change, VectorComparison? Vectors)
{
    /// <summary>Compares the outputs of one run.</summary>
    public static ComparedOutput Between(string name, Tensor reference, Tensor actual)
    {
        var isSame = reference.Shape.SequenceEqual(actual.Shape) && reference.Count > 0;
        var width = reference.Shape is [.., var last] ? (int)last : 1;
        return new ComparedOutput(name, OutputChange.Between([reference], [actual]), isSame ? VectorComparison.Of(reference.ToSingle().Floats, actual.ToSingle().Floats, width) : null);
    }

    /// <summary>Both runs together.</summary>
    public ComparedOutput And(ComparedOutput other) => this with { Change = Change + other.Change, Vectors = Vectors is { } v && other.Vectors is { } w ? v + w : null };
}

/// <summary>One model, or two side by side, on samples that are given as arrays.</summary>
/// <param name="Samples">How many.</param>
/// <param name="Model">The model.</param>
/// <param name="Reference">The other; null without one.</param>
/// <param name="Outputs">Each float output that both have; none without a reference.</param>
/// <param name="Answers">Labels that were compared.</param>
internal sealed record ArrayEvaluation(long Samples, EvaluatedOnArrays Model, EvaluatedOnArrays? Reference, IReadOnlyList<ComparedOutput> Outputs, int Answers)
{
    /// <summary>Runs the models while the progress is shown.</summary>
    /// <param name="terminal">Where it is shown.</param>
    /// <param name="models">Each with its file; the reference last.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="labels">Right answers for the first output, for each batch; null without.</param>
    /// <param name="threads">Of the runs.</param>
    /// <exception cref="EvaluationException">The outputs are none that can be compared, or do not fit the labels.</exception>
    public static ArrayEvaluation Run(Terminal terminal, IReadOnlyList<(string Path, Model Model)> models, CalibrationSet samples, IReadOnlyList<ArrayLabels>? labels, int threads) =>
        StepProgress.Show(terminal, progress =>
        {
            var counter = progress.Counter("Evaluating samples", (int)samples.Count);
            var runners = new List<ModelRunner>();
            try
            {
                foreach (var (path, _) in models) runners.Add(ModelRunner.LoadFile(path, threads));
                return Run(models, runners, samples, labels, counter, terminal.Cancellation);
            }
            finally
            {
                foreach (var runner in runners) runner.Dispose();
            }
        });

    private static ArrayEvaluation Run(
        IReadOnlyList<(string Path, Model Model)> models, List<ModelRunner> runners, CalibrationSet samples, IReadOnlyList<ArrayLabels>? labels, IProgress<int> progress, CancellationToken cancellation)
    {
        var names = models[0].Model.Graph.Outputs.Where(IsFloat).Select(o => o.Name).Where(name => models.All(m => m.Model.Graph.Outputs.Any(o => o.Name == name && IsFloat(o)))).ToList();
        if (names.Count == 0) throw new EvaluationException($"There is no float output {(models.Count > 1 ? "that both models have" : "in the model")}; its outputs are: {string.Join("; ", models[0].Model.Graph.Outputs)}.");
        var (compared, scores, done) = (new List<ComparedOutput>(), new Accuracy[models.Count], 0L);
        foreach (var (index, batch) in samples.Batches.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            var outputs = runners.ConvertAll(r => r.Run(batch, names));
            for (var m = 0; m < outputs.Count && labels is not null; m++) scores[m] += AccuracyOf(outputs[m][0].ToSingle(), labels[index], done);
            if (outputs.Count > 1)
            {
                var now = names.Select((name, o) => ComparedOutput.Between(name, outputs[1][o], outputs[0][o])).ToList();
                compared = compared.Count == 0 ? now : [.. compared.Zip(now, (sum, next) => sum.And(next))];
            }

            done += (samples with { Batches = [batch] }).Count;
            progress.Report((int)done);
        }

        var sides = models.Select((m, i) => new EvaluatedOnArrays(m.Path, m.Model.SizeInBytes, labels is null ? null : scores[i])).ToList();
        return new ArrayEvaluation(done, sides[0], sides.ElementAtOrDefault(1), compared, scores[0].Pictures);
    }

    private static bool IsFloat(ValueInfo value) => value.Type is ElementType.Float or ElementType.Float16;

    private static Accuracy AccuracyOf(Tensor scores, ArrayLabels labels, long firstSample)
    {
        var (answers, sum) = (labels.For(firstSample, scores.Shape), default(Accuracy));
        var classes = (int)scores.Shape[^1];
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i] >= 0) sum += Accuracy.Of(scores.Floats.Slice(i * classes, classes), [(int)answers[i]]);
        }

        return sum;
    }
}
