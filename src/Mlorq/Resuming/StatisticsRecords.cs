using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Statistics;

namespace Mlorq.Resuming;

/// <summary>What rounding needs to know of the layers' inputs, as bytes: whole, and in the groups of layers that are finished one after another.</summary>
internal static class StatisticsRecords
{
    public static void Write(BinaryWriter writer, LayerStatistics statistics)
    {
        writer.Write((int)statistics.Weighting);
        Write(writer, statistics.Inputs);
        Write(writer, statistics.Fits);
        Write(writer, statistics.Gradients);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, LayerStatistics)"/> wrote.</summary>
    /// <param name="reader">From where.</param>
    /// <param name="file">Where matrices are held; null for memory.</param>
    public static LayerStatistics Read(BinaryReader reader, TemporaryFile? file)
    {
        var weighting = (ErrorWeighting)reader.ReadInt32();
        var (inputs, fits) = (ReadInputs(reader, file), ReadFits(reader));
        return new LayerStatistics(weighting, inputs, ReadGradients(reader, file)) { Fits = fits };
    }

    /// <summary>The statistics of a group of layers of an interrupted run, or else computed; both are kept.</summary>
    /// <param name="state">Where; null for nowhere.</param>
    /// <param name="group">The layers.</param>
    /// <param name="file">Where matrices are held from then on; null for memory.</param>
    /// <param name="compute">Computes them.</param>
    public static LayerStatistics Once(SavedState? state, IReadOnlyList<LinearLayer> group, TemporaryFile? file, Func<LayerStatistics> compute) =>
        SavedState.Once(state, $"{AnalysisRecords.Prefix}statistics of {group.Count} from {group[0].TensorName}", r => Read(r, file), Write, () => file is null ? compute() : compute().MovedTo(file));

    private static void Write(BinaryWriter writer, InputStatistics inputs) => WriteEntries(writer, inputs.ByInput, moments =>
    {
        LayerRecords.WriteArray(writer, moments.Mean);
        Write(writer, moments.Second);
    });

    private static InputStatistics ReadInputs(BinaryReader reader, TemporaryFile? file) => new(ReadEntries(reader, () => new KeptMoments(LayerRecords.ReadArray<double>(reader), ReadSymmetric(reader, file))));

    private static void Write(BinaryWriter writer, IReadOnlyDictionary<string, LayerFit> fits) => WriteEntries(writer, fits, fit =>
    {
        writer.Write(fit.Ridge);
        writer.Write(fit.Growth);
        writer.Write(fit.Rows is not null);
        if (fit.Rows is not { } rows) return;
        writer.Write(rows.Ridge);
        writer.Write(rows.Remainder);
    });

    private static Dictionary<string, LayerFit> ReadFits(BinaryReader reader) => ReadEntries(reader, () => new LayerFit(reader.ReadDouble(), reader.ReadDouble())
    {
        Rows = reader.ReadBoolean() ? new RowFit(reader.ReadDouble(), reader.ReadDouble()) : null,
    });

    private static void Write(BinaryWriter writer, GradientSquares? gradients)
    {
        writer.Write(gradients is not null);
        if (gradients is null) return;
        WriteEntries(writer, gradients.Rows, rows => LayerRecords.WriteArray(writer, rows));
        foreach (var matrices in (IReadOnlyDictionary<string, KeptMatrix>[])[gradients.Tokens, gradients.Outputs]) WriteEntries(writer, matrices, matrix => Write(writer, matrix));
        WriteEntries(writer, gradients.Hessians, matrix => Write(writer, matrix));
    }

    private static GradientSquares? ReadGradients(BinaryReader reader, TemporaryFile? file) => !reader.ReadBoolean() ? null : new GradientSquares(
        ReadEntries(reader, () => LayerRecords.ReadArray<double>(reader)),
        ReadEntries(reader, () => ReadSymmetric(reader, file)),
        ReadEntries(reader, () => ReadSymmetric(reader, file)),
        ReadEntries(reader, () => ReadMatrix(reader)));

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

    private static void Write(BinaryWriter writer, KeptMatrix matrix)
    {
        writer.Write(matrix.Size);
        LayerRecords.WriteArray(writer, matrix.Read().Values);
    }

    private static KeptMatrix ReadSymmetric(BinaryReader reader, TemporaryFile? file)
    {
        var matrix = new KeptMatrix(new SymmetricMatrix<float>(reader.ReadInt32(), LayerRecords.ReadArray<float>(reader)));
        return file is null ? matrix : matrix.MovedTo(file);
    }

    private static void Write(BinaryWriter writer, Matrix<double> matrix)
    {
        writer.Write(matrix.Rows);
        writer.Write(matrix.Columns);
        LayerRecords.WriteArray(writer, matrix.Values);
    }

    private static Matrix<double> ReadMatrix(BinaryReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), LayerRecords.ReadArray<double>(reader));
}
