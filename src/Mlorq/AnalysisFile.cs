using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;
using Mlorq.Statistics;

namespace Mlorq;

/// <summary>
/// An analysis in one file, for plans and compressions to come: the model, its layers' candidates with their bytes and prices, and what rounding needs to know of the
/// calibration inputs. The inputs themselves are not in it. Every part has a checksum, which is checked before the part is used. docs/analysis.md has the layout.
/// </summary>
public sealed class AnalysisFile
{
    private readonly StateFile _file;
    private readonly AnalysisSamples _samples;

    private AnalysisFile(string path, StateFile file) => (Path, _file, _samples) = (path, file, AnalysisRecords.ReadSamples(file));

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The version of Mlorq that wrote it.</summary>
    public string Version => _file.Header.Version;

    /// <summary>SHA-256 of the model that was analysed, weights from other files included, in hexadecimal digits.</summary>
    public string ModelHash => _file.Header.Model;

    /// <summary>SHA-256 of the calibration inputs and of how they were put into batches.</summary>
    public string InputsHash => _file.Header.Inputs;

    /// <summary>The number of calibration samples.</summary>
    public long Samples => _samples.Count;

    /// <summary>Entries for the metadata of compressed files that came with the analysis, such as how pictures were prepared.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _samples.Metadata;

    /// <summary>Opens a file and checks that it is one, and that its directory is whole.</summary>
    /// <exception cref="AnalysisFileException">It is missing, damaged, no analysis, or of another version's layout.</exception>
    public static AnalysisFile Open(string path)
    {
        if (!File.Exists(path)) throw new AnalysisFileException(Directory.Exists(path) ? $"'{path}' is a folder, not an analysis file." : $"There is no analysis file '{path}'. `mlorq analyze` makes one.");
        return new AnalysisFile(path, StateFile.Open(path, StateKind.Analysis));
    }

    /// <summary>
    /// Writes an analysis: to a temporary file beside the target, renamed when it is complete. The state of the run, if it was kept, is deleted then. A file that is no analysis is not replaced.
    /// </summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="calibration">The inputs that it was made with.</param>
    /// <param name="options">The options that it was made with.</param>
    /// <param name="path">The target.</param>
    /// <param name="run">How it was run.</param>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    /// <exception cref="AnalysisFileException">There is another file in its place.</exception>
    public static void Write(Analysis analysis, CalibrationSet calibration, CompressionOptions options, string path, RunSettings run)
    {
        EnsureReplaceable(path);
        var (full, temporary) = (System.IO.Path.GetFullPath(path), TemporaryPath(path));
        StateFile.Write(full, temporary, StateKind.Analysis, HeaderOf(analysis.Source, calibration, options), AnalysisRecords.Of(analysis, new AnalysisSamples(calibration.Count, options.Metadata)));
        run.Checkpoint?.Delete();
    }

    /// <summary>The file beside a target that <see cref="Write"/> fills before it takes the target's place; it has no number of the process, so that what a killed one leaves behind is replaced by the next.</summary>
    public static string TemporaryPath(string path) => System.IO.Path.GetFullPath(path) + ".partial";

    /// <summary>Refuses to replace a file that is no analysis, before the long work.</summary>
    /// <exception cref="AnalysisFileException">There is one.</exception>
    public static void EnsureReplaceable(string path) => StateFile.EnsureReplaceable(path, StateKind.Analysis);

    /// <summary>
    /// Options with all that shaped the analysis as it was then, and with its metadata; what only counts afterwards (budget, profile, rounding of the plan, learning) stays as given, but static scales ask for
    /// <see cref="RuntimeProfile.Speed"/>. Rules for layers may be added to those that it has then: they leave less of what was tried.
    /// </summary>
    /// <exception cref="AnalysisFileException">A part of one's own shaped it, which is not in the file: it must be in <paramref name="options"/>.</exception>
    public CompressionOptions OptionsFor(CompressionOptions options)
    {
        try
        {
            var restored = AnalysisShape.Restore(options, _file.Header.Options) with { Metadata = Metadata };
            return restored.Activations.Scales == IntegerScales.Static ? restored with { Runtime = RuntimeProfile.Speed } : restored;
        }
        catch (FormatException e)
        {
            throw new AnalysisFileException($"The analysis file '{Path}' was made with options that the file alone does not tell: {e.Message.TrimEnd('.')}. Give the same option again, or analyse the model again.", e);
        }
    }

    /// <summary>What plans need: the model and its priced fronts. Statistics are not read, so that this takes little time.</summary>
    /// <exception cref="AnalysisFileException">The file is damaged.</exception>
    public Analysis ForPlans() => AnalysisRecords.ReadForPlans(_file);

    /// <summary>The whole analysis, as it was when it was written.</summary>
    /// <param name="source">The model, which must be the one that was analysed.</param>
    /// <param name="calibration">The inputs, which must be those of the analysis.</param>
    /// <param name="options">Options that agree with the analysis, see <see cref="OptionsFor"/>.</param>
    /// <param name="run">How to work.</param>
    /// <exception cref="AnalysisFileException">The file is damaged, or belongs to another model, other inputs, other options or another version; the message says which.</exception>
    public Analysis ForCompression(Model source, CalibrationSet calibration, CompressionOptions options, RunSettings run)
    {
        if (_file.Header.Differences(HeaderOf(source, calibration, WithoutAddedRules(options))) is { Count: > 0 } differences)
        {
            throw new AnalysisFileException(
                $"The analysis file '{Path}' does not fit: {string.Join("; ", differences)}. Give what it was made with, or analyse the model again.");
        }

        var analysis = ForPlans();
        var gradients = options.Sensitivity == SensitivityMethod.SampleGradients
            ? SampleGradients.Of(analysis.Model, analysis.Prepared.Layers, calibration, options.Gradients, run)
            : null;
        var matrices = LayerStatistics.FileFor(analysis.Prepared.Layers.Linear, options.EffectiveWeighting, run);
        return analysis with { Source = source, Statistics = AnalysisRecords.ReadStatistics(_file, matrices), Gradients = gradients };
    }

    /// <summary>Refuses another model than the one that was analysed.</summary>
    /// <exception cref="AnalysisFileException">It is another one.</exception>
    public void EnsureIsOf(Model source)
    {
        if (Convert.ToHexStringLower(OnnxWriter.HashOf(source)) != ModelHash) throw new AnalysisFileException($"The analysis file '{Path}' does not fit: the model is another one. Give what it was made with, or analyse the model again.");
    }

    // Rules that come after those of the analysis restrict it, and did not shape it.
    private CompressionOptions WithoutAddedRules(CompressionOptions options) =>
        options with { Candidates = options.Candidates with { Rules = [.. options.Candidates.Rules.Take(OptionsFor(options).Candidates.Rules.Count)] } };

    private static StateHeader HeaderOf(Model source, CalibrationSet calibration, CompressionOptions options) =>
        StateHeader.Of(source, calibration, options) with { Options = AnalysisShape.Of(options) };
}

/// <summary>An analysis file is missing, damaged, or belongs to something else.</summary>
public sealed class AnalysisFileException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public AnalysisFileException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
