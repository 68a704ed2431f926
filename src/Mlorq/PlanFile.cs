using System.Text;
using Mlorq.IntraLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Planning;

namespace Mlorq;

/// <summary>
/// A plan as JSON that people read and edit (docs/schemas/plan.schema.json): what counts are the budget, the runtime profile, and each layer's <c>choice</c>. Sizes and costs are there
/// to be read; they are worked out again.
/// </summary>
public sealed class PlanFile
{
    private readonly PlanDocument _document;

    private PlanFile(PlanDocument document) => _document = document;

    /// <summary>SHA-256 of the model that the plan is for, in hexadecimal digits.</summary>
    public string ModelHash => _document.ModelHash;

    /// <summary>The size that the file must not exceed.</summary>
    public long BudgetInBytes => _document.BudgetInBytes;

    /// <summary>What ONNX Runtime shall make of the layers.</summary>
    public RuntimeProfile Runtime => _document.Runtime;

    /// <summary>The choices by layer, as they are written.</summary>
    public IReadOnlyDictionary<string, string> Choices => _document.Layers.ToDictionary(l => l.Name, l => l.Choice);

    /// <summary>16 hexadecimal digits of a hash over layers and choices as they are written.</summary>
    internal string Hash => _document.HashOfChoices;

    /// <summary>Reads a plan.</summary>
    /// <exception cref="PlanException">The file cannot be read, or is no plan; the message says where and why.</exception>
    public static PlanFile Read(string path)
    {
        try
        {
            return new PlanFile(PlanDocument.Parse(path, File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlanException(Directory.Exists(path) ? $"'{path}' is a folder, not a plan." : !File.Exists(path) ? $"There is no plan '{path}'. `mlorq plan` makes one." : $"The plan '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Writes a plan: to a temporary file beside the target, renamed when it is complete.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="analysis">The analysis that it was made from, for the neighbours of each choice.</param>
    /// <param name="options">The options that it was made with.</param>
    /// <param name="path">The target.</param>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(CompressionPlan plan, Analysis analysis, CompressionOptions options, string path) => TextFile.Write(path, ToJson(plan, analysis, options));

    /// <summary>The text of a plan's file.</summary>
    /// <inheritdoc cref="Write"/>
    public static string ToJson(CompressionPlan plan, Analysis analysis, CompressionOptions options) =>
        Encoding.UTF8.GetString(PlanJson.Of(plan, LayerRules.Restrict(analysis, options.Candidates, options.Allocation), options));

    /// <summary>Options with the plan's budget and runtime profile.</summary>
    public CompressionOptions OptionsFor(CompressionOptions options) => options with { Budget = new Budget.Bytes(BudgetInBytes), Runtime = Runtime };

    /// <summary>Refuses another model than the one that the plan was made for.</summary>
    /// <exception cref="PlanException">It is another one.</exception>
    public void EnsureIsOf(Model source)
    {
        if (Convert.ToHexStringLower(OnnxWriter.HashOf(source)) is var hash && hash != ModelHash)
            throw new PlanException($"The plan '{_document.Path}' is for another model: it names the SHA-256 {ModelHash}, and this model's is {hash}. Make a plan for this model, with `mlorq analyze` and `mlorq plan`.");
    }

    /// <summary>The plan for an analysis: its choices with their bytes, and their prices where they are known (not a number where they are not).</summary>
    /// <param name="analysis">The analysis; of one without candidates only the layers count.</param>
    /// <param name="options">Options, see <see cref="OptionsFor"/>.</param>
    /// <exception cref="PlanException">It does not fit: layers that are not there or have no choice, formats that do not exist or are not for the layer, or a size beyond the budget. The message names all violations.</exception>
    public CompressionPlan PlanFor(Analysis analysis, CompressionOptions options) => PlanResolver.Resolve(_document, analysis, options);
}

/// <summary>A plan cannot be read, or does not fit the model or its own budget.</summary>
public sealed class PlanException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public PlanException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
