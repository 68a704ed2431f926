using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Timing;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>What the process says to scripts: one number for each kind of failure.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int UnexpectedError = 1;
    public const int Usage = 2;
    public const int UnusableModel = 3;
    public const int UnusableData = 4;
    public const int BudgetCannotBeMet = 5;
    public const int OutputCannotBeWritten = 6;
    public const int VerificationFailed = 7;
    public const int StateDoesNotFit = 8;
    public const int Cancelled = 130;

    /// <summary>The number for an exception.</summary>
    public static int Of(Exception exception) => exception switch
    {
        UsageException or BudgetFormatException or OptionsException or ProjectionException => Usage,
        InvalidModelException or ExternalDataException or ModelRunException or NoLayersException or QuantizedModelException or WeightValueException => UnusableModel,
        MissingGradientRuleException => UnusableModel,
        CalibrationException or NpyException or PictureException or ImageFolderException => UnusableData,
        LabelFileException or CocoException or PreprocessingException or EvaluationException or KernelTableException or PlanException => UnusableData,
        BudgetTooSmallException or TimeTooShortException or TargetNotMetException => BudgetCannotBeMet,
        OutputException or TemporaryFileException => OutputCannotBeWritten,
        VerificationException => VerificationFailed,
        CheckpointException or AnalysisFileException => StateDoesNotFit,
        OperationCanceledException => Cancelled,
        _ => UnexpectedError,
    };
}
