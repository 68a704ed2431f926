using Mlorq.Numerics;
using Mlorq.Statistics;

namespace Mlorq.Resuming;

/// <summary>What rounding needs to know of the layers' inputs, as bytes.</summary>
internal static class StatisticsRecords
{
    public static void Write(BinaryWriter writer, LayerStatistics statistics)
    {
        writer.Write((int)statistics.Weighting);
        WriteEntries(writer, statistics.Inputs.ByInput, moments =>
        {
            writer.Write(moments.Count);
            LayerRecords.WriteArray(writer, moments.Mean);
            Write(writer, moments.Second);
        });
        WriteEntries(writer, statistics.Fits, fit =>
        {
            writer.Write(fit.Ridge);
            writer.Write(fit.Growth);
            writer.Write(fit.Rows is not null);
            if (fit.Rows is not { } rows) return;
            writer.Write(rows.Ridge);
            writer.Write(rows.Remainder);
        });
        writer.Write(statistics.Gradients is not null);
        if (statistics.Gradients is not { } gradients) return;
        WriteEntries(writer, gradients.Rows, rows => LayerRecords.WriteArray(writer, rows));
        WriteEntries(writer, gradients.Tokens, tokens => Write(writer, tokens));
        WriteEntries(writer, gradients.Outputs, outputs => Write(writer, outputs));
        WriteEntries(writer, gradients.Hessians, hessian => Write(writer, hessian));
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, LayerStatistics)"/> wrote.</summary>
    public static LayerStatistics Read(BinaryReader reader)
    {
        var weighting = (ErrorWeighting)reader.ReadInt32();
        var inputs = ReadEntries(reader, () => new InputMoments(reader.ReadInt64(), LayerRecords.ReadArray<double>(reader), ReadMatrix(reader)));
        var fits = ReadEntries(reader, () => new LayerFit(reader.ReadDouble(), reader.ReadDouble()) { Rows = reader.ReadBoolean() ? new RowFit(reader.ReadDouble(), reader.ReadDouble()) : null });
        var gradients = reader.ReadBoolean()
            ? new GradientSquares(ReadEntries(reader, () => LayerRecords.ReadArray<double>(reader)), ReadMatrices(reader), ReadMatrices(reader), ReadMatrices(reader))
            : null;
        return new LayerStatistics(weighting, new InputStatistics(inputs), gradients) { Fits = fits };
    }

    private static void WriteEntries<T>(BinaryWriter writer, IReadOnlyDictionary<string, T> entries, Action<T> write)
    {
        writer.Write(entries.Count);
        foreach (var (name, value) in entries)
        {
            writer.Write(name);
            write(value);
        }
    }

    private static Dictionary<string, T> ReadEntries<T>(BinaryReader reader, Func<T> read) =>
        Enumerable.Range(0, reader.ReadInt32()).Select(_ => (Name: reader.ReadString(), Value: read())).ToDictionary(e => e.Name, e => e.Value);

    private static Dictionary<string, Matrix<double>> ReadMatrices(BinaryReader reader) => ReadEntries(reader, () => ReadMatrix(reader));

    private static void Write(BinaryWriter writer, Matrix<double> matrix)
    {
        writer.Write(matrix.Rows);
        writer.Write(matrix.Columns);
        LayerRecords.WriteArray(writer, matrix.Values);
    }

    private static Matrix<double> ReadMatrix(BinaryReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), LayerRecords.ReadArray<double>(reader));
}
