using System.Text.Json;

namespace Mlorq.Cli.Display;

/// <summary>An evaluation on arrays for scripts: shares and cosines as they are, null where there is no finite number.</summary>
internal static class ArrayEvaluationJson
{
    public static string Of(ArrayEvaluation evaluation) => JsonSerializer.Serialize(
        new
        {
            evaluation.Samples,
            Labels = evaluation.Answers,
            Model = Side(evaluation.Model),
            Reference = evaluation.Reference is null ? null : Side(evaluation.Reference),
            Outputs = evaluation.Outputs.Select(o => new
            {
                o.Name,
                SignalToNoiseInDecibels = Json.Finite(o.Change.SignalToNoiseInDecibels),
                o.Vectors?.Vectors,
                o.Vectors?.MeanCosine,
                o.Vectors?.LeastCosine,
                o.Vectors?.Agreement,
            }),
        },
        Json.Options);

    private static object Side(EvaluatedOnArrays model) => new { File = model.Path, model.SizeInBytes, model.Accuracy?.Top1, model.Accuracy?.Top5 };
}
